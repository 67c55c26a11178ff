"""The claim a loss is proposed with: better on perceptual and task metrics at equal fidelity."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import number
from ldct.statistics.evidence import LEAST_DRAWS, Question, Verdicts
from ldct.statistics.inference.contrasts import contrasts, reference_weights
from ldct.statistics.inference.families import adjusted
from ldct.statistics.noninferiority import NonInferiority, noninferiority
from ldct.statistics.panel import Panel
from ldct.statistics.settings import Settings

Row = dict[str, Any]
FIDELITY = ("rmse", "hu")


def candidate_rows(verdicts: Verdicts) -> tuple[list[Row], list[Row]]:
    """CANDIDATE_TESTS and CANDIDATE rows of `settings.candidate_loss` against each other loss with values.

    Fidelity is RMSE, tested for non-inferiority on the logarithm of patient means; superiority is tested on the primary
    criteria of `candidate_families`, corrected over all of them and all other losses. Patients and trainings are random
    in both. Metrics that the candidate was trained on are shown but do not count.
    """
    panel, settings = verdicts.panel, verdicts.settings
    if settings.candidate_loss not in panel.compared:
        return [], []
    own = panel.compared.index(settings.candidate_loss)
    others = [i for i in range(len(panel.compared)) if i != own]
    weights = -reference_weights(len(panel.compared), own)
    fidelity = next((c for c, item in enumerate(panel.criteria) if (item.metric, item.window) == FIDELITY), None)
    judged = [c for c, item in enumerate(panel.criteria) if item.primary and item.family in settings.candidate_families]
    counted = [c for c in judged if settings.candidate_loss not in panel.criteria[c].home_of]
    results = contrasts(panel.sample.of(judged), weights)
    p = np.ones(results.estimate.shape)
    if counted:
        rows = [judged.index(c) for c in counted]
        rng = settings.rng("family", "candidate", panel.model)
        alone = contrasts(panel.sample.of(counted), weights)
        p[rows] = adjusted(alone, max(settings.draws, LEAST_DRAWS), rng)
    margin = [
        noninferiority(panel.sample.of([fidelity]), weight, settings.fidelity_margin, settings.confidence)
        if fidelity is not None
        else None
        for weight in weights
    ]
    tests: list[Row] = []
    question = Question(results, p, np.ones(p.shape))
    low, high = results.interval(settings.confidence)
    for j, other in enumerate(others):
        key = {"model": panel.model, "loss": settings.candidate_loss, "other": panel.compared[other]}
        found = margin[j]
        if fidelity is not None and found is not None:
            tests.append({**key, **_fidelity(panel, fidelity, found, settings)})
        for place, c in enumerate(judged):
            ends = low[place, j], high[place, j]
            row = _superiority(panel, c, question, place, j, ends, home=c not in counted, settings=settings)
            tests.append({**key, **row})
    return tests, [_claim(panel, panel.compared[other], tests, settings) for other in others]


def _fidelity(panel: Panel, c: int, found: NonInferiority, settings: Settings) -> Row:
    answer = settings.policy.noninferior(found.evidence)
    return {
        "role": "fidelity",
        "metric": panel.criteria[c].metric,
        "window": panel.criteria[c].window,
        "family": panel.criteria[c].family,
        "home": False,
        "value": number(found.ratio),
        "value_low": number(found.low),
        "value_high": number(found.high),
        "p": number(found.p) if found.evidence.answered else None,
        "p_holm": None,
        "verdict": answer.verdict,
        "reason": answer.why,
        "patients": found.evidence.patients,
        "folds": found.evidence.folds,
        "runs": found.evidence.runs,
        "patients_needed": found.patients_needed,
    }


def _superiority(
    panel: Panel,
    c: int,
    question: Question,
    place: int,
    j: int,
    ends: tuple[float, float],
    *,
    home: bool,
    settings: Settings,
) -> Row:
    criterion, evidence = panel.criteria[c], question.evidence(place, j)
    answer = settings.policy.compare(evidence)
    return {
        "role": "superiority",
        "metric": criterion.metric,
        "window": criterion.window,
        "family": criterion.family,
        "home": home,
        "value": number(evidence.estimate),
        "value_low": number(ends[0]),
        "value_high": number(ends[1]),
        "p": number(question.results.p()[place, j]) if evidence.answered else None,
        "p_holm": number(evidence.p) if evidence.answered and not home else None,
        "verdict": "home metric" if home else answer.verdict,
        "reason": "" if home else answer.why,
        "patients": evidence.patients,
        "folds": evidence.folds,
        "runs": evidence.runs,
        "patients_needed": None,
    }


def _claim(panel: Panel, other: str, tests: list[Row], settings: Settings) -> Row:
    own = [row for row in tests if row["other"] == other]
    fidelity = next((row["verdict"] for row in own if row["role"] == "fidelity"), "cannot tell")
    judged = [row for row in own if row["role"] == "superiority" and not row["home"]]
    better, worse = (sum(row["verdict"] == side for row in judged) for side in ("better", "worse"))
    if better and (worse or fidelity == "inferior"):
        verdict = "trade-off"
    elif fidelity == "inferior" or worse:
        verdict = "not supported"
    elif better and fidelity == "non-inferior":
        verdict = "supported"
    else:
        verdict = "cannot tell"
    return {
        "model": panel.model,
        "loss": settings.candidate_loss,
        "other": other,
        "margin": settings.fidelity_margin,
        "fidelity": fidelity,
        "better": better,
        "worse": worse,
        "metrics": len(judged),
        "verdict": verdict,
        "patients": len(panel.patients),
    }
