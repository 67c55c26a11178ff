"""The claim a loss is proposed with: better on perceptual and task metrics at equal fidelity."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import number
from ldct.statistics.bootstrap import interval
from ldct.statistics.noninferiority import noninferiority
from ldct.statistics.panel import Panel
from ldct.statistics.settings import Settings
from ldct.statistics.wilcoxon import holm, signed_rank

Row = dict[str, Any]
FIDELITY = ("rmse", "hu")


def candidate_rows(panel: Panel, draws: np.ndarray, settings: Settings) -> tuple[list[Row], list[Row]]:
    """CANDIDATE_TESTS and CANDIDATE rows of `settings.candidate_loss` against each other loss of the panel.

    draws (draws, C, L): mean goodness in patient resamples. Fidelity is RMSE, tested for non-inferiority; superiority
    is tested on the primary criteria of `candidate_families` by exact Wilcoxon tests on patient means, Holm over all
    of them and all other losses. Metrics that the candidate was trained on are shown but do not count.
    """
    if settings.candidate_loss not in panel.losses:
        return [], []
    own = panel.losses.index(settings.candidate_loss)
    others = [i for i in range(len(panel.losses)) if i != own]
    fidelity = next((c for c, item in enumerate(panel.criteria) if (item.metric, item.window) == FIDELITY), None)
    judged = [c for c, item in enumerate(panel.criteria) if item.primary and item.family in settings.candidate_families]
    tests: list[Row] = []
    for other in others:
        key = {"model": panel.model, "loss": settings.candidate_loss, "other": panel.losses[other]}
        if fidelity is not None:
            tests.append({**key, **_fidelity(panel, fidelity, own, other, settings)})
        tests += [{**key, **_superiority(panel, draws, c, own, other, settings)} for c in judged]
    counted = [row for row in tests if row["role"] == "superiority" and not row["home"]]
    for row, p in zip(counted, holm(np.array([row["p"] for row in counted], float)), strict=True):
        row["p_holm"] = number(p)
        side = "better" if row["value"] > 0 else "worse"
        row["verdict"] = side if p <= settings.alpha else "cannot tell"
    return tests, [_claim(panel, panel.losses[other], tests, settings) for other in others]


def _fidelity(panel: Panel, c: int, own: int, other: int, settings: Settings) -> Row:
    found = noninferiority(
        -panel.by_patient[c, own], -panel.by_patient[c, other], settings.fidelity_margin, settings.confidence
    )
    return {
        "role": "fidelity",
        "metric": panel.criteria[c].metric,
        "window": panel.criteria[c].window,
        "family": panel.criteria[c].family,
        "home": False,
        "value": number(found.ratio),
        "value_low": number(found.low),
        "value_high": number(found.high),
        "p": number(found.p),
        "p_holm": None,
        "verdict": found.verdict,
        "patients": found.patients,
        "patients_needed": found.patients_needed,
    }


def _superiority(panel: Panel, draws: np.ndarray, c: int, own: int, other: int, settings: Settings) -> Row:
    criterion = panel.criteria[c]
    difference = panel.by_patient[c, own] - panel.by_patient[c, other]
    difference = difference[np.isfinite(difference)]
    low, high = interval(draws[:, c, own] - draws[:, c, other], len(difference), settings.confidence)
    return {
        "role": "superiority",
        "metric": criterion.metric,
        "window": criterion.window,
        "family": criterion.family,
        "home": settings.candidate_loss in criterion.home_of,
        "value": number(difference.mean()) if len(difference) else None,
        "value_low": number(low),
        "value_high": number(high),
        "p": number(signed_rank(difference)[1]) if len(difference) else None,
        "p_holm": None,
        "verdict": "home metric",
        "patients": len(difference),
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
