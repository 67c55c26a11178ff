"""Real and synthetic patients apart."""

from __future__ import annotations

from collections import Counter

from ldct.report.conclusions.finding import Finding, compared, stands
from ldct.report.conclusions.leading import leading, of
from ldct.report.figures.style import criterion
from ldct.report.results import Results
from ldct.statistics.groups import against_reference
from ldct.statistics.policy import Policy

SYNTHETIC = "synthetic"


def apart(results: Results) -> Finding:
    """How many patients are real and synthetic, and the losses in each where there are both."""
    title = "Real or synthetic patients?"
    accepted = {row["patient"]: row["kind"] for row in results.patients if row["status"] == "accepted"}
    groups = {patient: "synthetic" if kind == SYNTHETIC else "real" for patient, kind in accepted.items()}
    count = Counter(groups.values())
    if not count:
        return Finding(title, "The tables do not say which patients are real.", "open")
    if len(count) == 1:
        only = next(iter(count))
        return Finding(title, f"All {len(groups)} patients are {only}; nothing here was seen in others.")
    text = f"{count['real']} patients are real and {count['synthetic']} synthetic; the rest of this page pools them."
    rows = leading(results)
    if not rows:
        return Finding(title, text)
    by = rows[0]
    pooled = results.table("contrasts", model=results.model)
    margin = next((row["margin"] for row in pooled if of(row) == of(by)), None)
    criteria = len({tuple(of(row).values()) for row in pooled})
    statistics = results.spec.statistics
    values = results.table("run_values", **of(by))
    values = [row for row in values if results.model in (row["model"], "all")]
    policy = Policy.of(statistics.confidence)
    told = against_reference(
        values, groups, results.losses, statistics.reference_loss, policy, margin, questions=criteria
    )
    name = criterion({**by, "label": results.metric(by["metric"])})
    points = [
        f"{group.capitalize()}, by {name} against {results.label(statistics.reference_loss)}: "
        f"{compared(results, own)} ({stands(results, own)})."
        for group in ("real", "synthetic")
        if (own := [row | of(by) for row in told if row["group"] == group])
    ]
    return Finding(title, text, points=tuple(points))
