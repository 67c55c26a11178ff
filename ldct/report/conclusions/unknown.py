"""What cannot be told, grouped by reason, and what would change that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ldct.report.conclusions.leading import of, trusted
from ldct.report.results import Results, Row
from ldct.statistics.policy import Verdict, reason_of


@dataclass(frozen=True)
class Open:
    """A question without an answer in `count` of `asked` cases, why, and what would change that ('' for nothing)."""

    question: str
    count: int
    asked: int
    reason: str
    remedy: str


def unknown(results: Results) -> list[Open]:
    """Every question of the page that the tables leave open, those with the most cases of a question first."""
    reference = results.label(results.spec.statistics.reference_loss)
    keys = [of(row) for row in trusted(results)]
    primary = lambda name: [row for row in results.table(name, model=results.model) if of(row) in keys]  # noqa: E731
    votes = [row for row in results.table("votes", model=results.model) if not row["left_out"]]
    gains = [row for row in primary("loss_values") if not row["anchor"]]
    trust = [row for row in primary("trust") if row["lesions"]]
    return [
        *_grouped(f"a loss against {reference}, by a metric", primary("contrasts")),
        *_grouped("a network against a filter, by a metric", primary("filters")),
        *_grouped("a network against the low dose, by a metric", gains, "against_low_dose"),
        *_grouped("agreement between constructs or within one", votes),
        *_grouped("a metric's order of the losses against that by lesions", trust, "lesions", "lesions_reason"),
        *_grouped("a claim of the paper", results.claims),
    ]


def _grouped(question: str, rows: Iterable[Row], verdict: str = "verdict", reason: str = "reason") -> list[Open]:
    every = list(rows)
    groups: dict[tuple[str, str], int] = {}
    for row in every:
        if row[verdict] == Verdict.CANNOT_TELL:
            key = reason_of(row[reason])
            groups[key] = groups.get(key, 0) + 1
    ordered = sorted(groups.items(), key=lambda item: -item[1])
    return [Open(question, count, len(every), *key) for key, count in ordered]
