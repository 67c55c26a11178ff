"""Which metrics fail on images that are known to be worse: they have no vote on the losses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ldct.statistics.policy import FAILS, Answer, Policy


@dataclass(frozen=True)
class Rungs:
    """The answer of a metric in a window to the ladder: mean tau-b with the rungs of each degradation."""

    answer: Answer
    monotonicity: dict[str, float | None]
    images: int
    patients: int


def read_ladder(rows: Iterable[Mapping[str, Any]], policy: Policy) -> dict[tuple[str, str], Rungs]:
    """Answers by (metric, window), from rows of the table VALIDITY."""
    by_key: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        by_key.setdefault((row["metric"], row["window"]), []).append(row)
    answers = {}
    for key, own in by_key.items():
        monotonicity = {row["degradation"].replace("_", " "): row["monotonicity"] for row in own}
        images, patients = min(row["images"] for row in own), min(row["patients"] for row in own)
        answers[key] = Rungs(policy.ladder(monotonicity, images), monotonicity, images, patients)
    return answers


def failing(ladder: Mapping[tuple[str, str], Rungs], primary_window: str) -> list[str]:
    """Metrics that fail in a window that has a vote: the primary one, or HU."""
    own = {key: one for key, one in ladder.items() if key[1] in ("hu", primary_window)}
    return sorted({metric for (metric, _), one in own.items() if one.answer.verdict == FAILS})
