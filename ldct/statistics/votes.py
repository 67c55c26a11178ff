"""Agreement about the losses with one vote a construct, and what a single metric or construct does to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import number
from ldct.statistics.evidence import Verdicts
from ldct.statistics.inference.common_order import Agreement
from ldct.statistics.panel import Panel
from ldct.statistics.policy import Answer, Reason, Verdict
from ldct.statistics.policy.thresholds import LEAST_JUDGES, LEAST_LOSSES
from ldct.statistics.settings import Settings

Row = dict[str, Any]
BETWEEN, WITHIN = "between constructs", "within a construct"


def vote_rows(verdicts: Verdicts) -> list[Row]:
    """VOTES rows: agreement between constructs, and within each, on the primary windows of metrics that have a vote.

    Then the same without each metric and each construct in turn. Intervals within constructs share the level.
    """
    settings = verdicts.settings
    voting = voters(verdicts.panel, settings)
    rows = [_row(verdicts, BETWEEN, "", list(voting.values()), settings.confidence)]
    several = {name: places for name, places in voting.items() if len(places) > 1}
    inner = 1 - (1 - settings.confidence) / max(len(several), 1)
    for name, places in several.items():
        judges = [np.array([place]) for place in places]
        rows.append(_row(verdicts, WITHIN, name, judges, inner))
    for name in voting:
        rest = [places for other, places in voting.items() if other != name]
        row = _row(verdicts, BETWEEN, "", rest, settings.confidence)
        rows.append(row | {"left_out": name, "left_out_kind": "construct"})
    for name, places in voting.items():
        for metric in dict.fromkeys(verdicts.panel.criteria[c].metric for c in places):
            rest = {
                other: np.array([c for c in group if verdicts.panel.criteria[c].metric != metric], int)
                for other, group in voting.items()
            }
            between = [group for group in rest.values() if len(group)]
            row = _row(verdicts, BETWEEN, "", between, settings.confidence)
            rows.append(row | {"left_out": metric, "left_out_kind": "metric"})
            if len(places) > 1:
                judges = [np.array([place]) for place in rest[name]]
                row = _row(verdicts, WITHIN, name, judges, inner)
                rows.append(row | {"left_out": metric, "left_out_kind": "metric"})
    return rows


def voters(panel: Panel, settings: Settings) -> dict[str, np.ndarray]:
    """Criteria of each construct that have a vote: of the primary windows, and valid."""
    out: dict[str, list[int]] = {}
    for c, criterion in enumerate(panel.criteria):
        if criterion.primary and criterion.metric not in settings.voteless:
            out.setdefault(criterion.construct, []).append(c)
    return {name: np.array(places) for name, places in out.items()}


def _row(verdicts: Verdicts, question: str, construct: str, judges: list[np.ndarray], confidence: float) -> Row:
    panel, evidence = verdicts.panel, verdicts.standing
    row: Row = {
        "model": panel.model,
        "question": question,
        "construct": construct,
        "left_out": "",
        "left_out_kind": "",
        "judges": len(judges),
        "metrics": ",".join(dict.fromkeys(panel.criteria[c].metric for judge in judges for c in judge)),
        "losses": len(panel.losses),
        "patients": evidence.patients,
        "folds": evidence.folds,
        "runs": evidence.runs,
    }
    if len(judges) < LEAST_JUDGES or len(panel.losses) < LEAST_LOSSES:
        few = "constructs or metrics" if len(judges) < LEAST_JUDGES else "losses"
        answer = Answer(Verdict.CANNOT_TELL, Reason.NO_VALUES, f"agreement needs more {few}")
        return row | {"verdict": answer.verdict, "reason": answer.why}
    found = verdicts.agreement(judges, confidence)
    answer = verdicts.settings.policy.agreement(found.w.low, found.w.high, evidence)
    return row | agreement_columns(found) | {"verdict": answer.verdict, "reason": answer.why}


def agreement_columns(found: Agreement) -> Row:
    """W against its ceiling, and the share in common, as columns."""
    return {
        "w": number(found.w.value),
        "w_low": number(found.w.low),
        "w_high": number(found.w.high),
        "ceiling": number(found.ceiling),
        "p_agreed": number(found.p_agreed),
        "common": number(found.common.value),
        "common_low": number(found.common.low),
        "common_high": number(found.common.high),
    }
