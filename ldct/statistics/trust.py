"""Which metrics can be trusted in this study: on the ladder of degradations, and beside detected lesions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ldct.statistics.arrays import nanmean, number
from ldct.statistics.bootstrap import interval
from ldct.statistics.evidence import Verdicts
from ldct.statistics.ladder import Rungs
from ldct.statistics.policy import FOLLOWS, Answer, Reason
from ldct.statistics.ranks import tau_b_matrix

Row = dict[str, Any]
# Family of the measures of inserted lesions.
LESIONS = "task"


def trust_rows(verdicts: Verdicts, tau_draws: np.ndarray, ladder: Mapping[tuple[str, str], Rungs]) -> list[Row]:
    """TRUST rows of the criteria of the primary windows; `tau_draws` (draws, C, C) is tau-b in `verdicts.draws`."""
    panel, settings, evidence = verdicts.panel, verdicts.settings, verdicts.standing
    tau = tau_b_matrix(nanmean(panel.by_patient, 2))
    lesions = [c for c, one in enumerate(panel.criteria) if one.primary and one.family == LESIONS]
    primary = [c for c, one in enumerate(panel.criteria) if one.primary]
    asked = max(len(primary) - len(lesions), 1)
    untested = Answer("not tested", Reason.NO_LADDER, "it was not tried on degraded images")
    rows: list[Row] = []
    for c in primary:
        criterion = panel.criteria[c]
        rungs = ladder.get((criterion.metric, criterion.window))
        answer = rungs.answer if rungs else untested
        row: Row = {
            "model": panel.model,
            "metric": criterion.metric,
            "window": criterion.window,
            "construct": criterion.construct,
            "votes": criterion.metric not in settings.voteless,
            "validity": answer.verdict,
            "reason": answer.why,
            "follows": _named(rungs, 1.0),
            "against": _named(rungs, -1.0),
            "images": rungs.images if rungs else 0,
            "patients_tried": rungs.patients if rungs else 0,
            "patients": evidence.patients,
            "folds": evidence.folds,
            "runs": evidence.runs,
            "lesions": "",
            "lesions_reason": "",
        }
        if lesions and c not in lesions:
            low, high = interval(np.nanmean(tau_draws[:, c, lesions], 1), verdicts.clusters, 1 - settings.alpha / asked)
            words = ("orders the losses as lesions do", "orders the losses against lesions")
            side = settings.policy.side(float(low), float(high), 0.0, *words, evidence)
            row |= {
                "lesion_tau": number(np.nanmean(tau[c, lesions])),
                "lesion_tau_low": number(low),
                "lesion_tau_high": number(high),
                "lesions": side.verdict,
                "lesions_reason": side.why,
            }
        rows.append(row)
    return rows


def _named(rungs: Rungs | None, side: float) -> str:
    """Degradations that the metric follows (1) or goes against (-1)."""
    if rungs is None:
        return ""
    return ", ".join(
        name for name, value in rungs.monotonicity.items() if value is not None and side * value >= FOLLOWS
    )
