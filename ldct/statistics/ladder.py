"""Which metrics have no vote about the losses: those that fail their ladder of degradations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ldct.statistics.policy import Policy
from ldct.tables.io import read_table
from ldct.tables.validity import VALIDITY


def failed_ladders(validity: Path, primary_window: str, policy: Policy) -> dict[str, list[str]]:
    """Metrics that fail, each with the degradations that it prefers, in the primary window or on HU.

    Raises InputError where the summary cannot be read.
    """
    failed: dict[str, list[str]] = {}
    for row in read_table(validity, VALIDITY).to_pylist():
        if row["window"] not in (primary_window, "hu"):
            continue
        answer = policy.ladder(row["monotonicity_low"], row["monotonicity_high"], row["patients"])
        if answer.verdict == "fails":
            failed.setdefault(row["metric"], []).append(row["degradation"])
    return failed


def ladder_design(failed: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """DESIGN row: the metrics without a vote, and what each of them prefers."""
    preferred = "; ".join(f"{metric} prefers {', '.join(names).replace('_', ' ')}" for metric, names in failed.items())
    about = f"metrics without a vote, which prefer degraded images: {preferred or 'none'}"
    return [{"key": "voteless", "value": ",".join(failed), "about": about}]
