"""Which metrics can be trusted in this study: on the ladder of degradations, and beside detected lesions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ldct.statistics.arrays import nanmean, number
from ldct.statistics.bootstrap import interval
from ldct.statistics.evidence import Verdicts
from ldct.statistics.policy import Answer, Policy
from ldct.statistics.ranks import tau_b_matrix

Row = dict[str, Any]
# Family of the measures of inserted lesions.
LESIONS = "task"


def trust_rows(verdicts: Verdicts, ladder: Sequence[Mapping[str, Any]]) -> list[Row]:
    """TRUST rows of the criteria of the primary windows; `ladder`: rows of VALIDITY."""
    panel, settings, evidence = verdicts.panel, verdicts.settings, verdicts.standing
    primary = [c for c, one in enumerate(panel.criteria) if one.primary]
    beside = _beside_lesions(verdicts, primary)
    rows: list[Row] = []
    for c in primary:
        criterion = panel.criteria[c]
        rungs = [row for row in ladder if (row["metric"], row["window"]) == (criterion.metric, criterion.window)]
        rows.append(
            {
                "model": panel.model,
                "metric": criterion.metric,
                "window": criterion.window,
                "construct": criterion.construct,
                "votes": criterion.metric not in settings.voteless,
                **_on_ladder(rungs, settings.policy),
                "patients": evidence.patients,
                "folds": evidence.folds,
                "runs": evidence.runs,
                "lesions": "",
                "lesions_reason": "",
                **beside.get(c, {}),
            }
        )
    return rows


def _on_ladder(rungs: Sequence[Mapping[str, Any]], policy: Policy) -> Row:
    """What the degradations say of a metric together: it fails where it fails one of them."""
    answers = {
        row["degradation"].replace("_", " "): policy.ladder(
            row["monotonicity_low"], row["monotonicity_high"], row["patients"]
        )
        for row in rungs
    }
    whole = policy.ladders(list(answers.values()))
    named = {word: [name for name, one in answers.items() if one.verdict == word] for word in ("passes", "fails")}
    return {
        "validity": whole.verdict,
        "reason": whole.why,
        "follows": ", ".join(named["passes"]),
        "against": ", ".join(named["fails"]),
        "images": min((row["images"] for row in rungs), default=0),
        "patients_tried": min((row["patients"] for row in rungs), default=0),
    }


def _beside_lesions(verdicts: Verdicts, primary: Sequence[int]) -> dict[int, Row]:
    """Criterion -> whether it orders the losses as the measures of lesions do; none without lesions."""
    panel, settings = verdicts.panel, verdicts.settings
    lesions = [c for c in primary if panel.criteria[c].family == LESIONS]
    others = [c for c in primary if c not in lesions]
    if not lesions or not others:
        return {}
    tau = nanmean(tau_b_matrix(nanmean(panel.by_patient, 2))[:, lesions], 1)
    chosen = [*others, *lesions]
    drawn = tau_b_matrix(verdicts.draws[:, chosen])[:, : len(others), len(others) :]
    # One question, as many intervals as metrics.
    alone = 1 - settings.alpha / len(others)
    rows: dict[int, Row] = {}
    for place, c in enumerate(others):
        low, high = interval(nanmean(drawn[:, place], 1), verdicts.clusters, alone)
        answer: Answer = settings.policy.side(
            float(low),
            float(high),
            0.0,
            "orders the losses as lesions do",
            "orders the losses against lesions",
            verdicts.standing,
        )
        rows[c] = {
            "lesion_tau": number(tau[c]),
            "lesion_tau_low": number(low),
            "lesion_tau_high": number(high),
            "lesions": answer.verdict,
            "lesions_reason": answer.why,
        }
    return rows
