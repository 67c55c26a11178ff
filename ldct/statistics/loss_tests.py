"""Whether losses differ, which pairs do, and pre-specified contrasts with a reference.

Verdicts are the engine's, with trainings as a random factor. Friedman's test, Nemenyi's and Conover's and the exact
Wilcoxon test stand beside them as what is usual; they take the trained networks as given.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np

from ldct.statistics.arrays import nanmean, number
from ldct.statistics.bootstrap import HierarchicalBootstrap, interval
from ldct.statistics.evidence import Verdicts
from ldct.statistics.friedman import critical_difference, friedman, posthoc
from ldct.statistics.inference.components import Components, components
from ldct.statistics.inference.planned import power
from ldct.statistics.panel import Panel
from ldct.statistics.policy import Evidence
from ldct.statistics.power import SIZES, TARGET
from ldct.statistics.ranks import ranks
from ldct.statistics.settings import Settings
from ldct.statistics.wilcoxon import holm, least_p, signed_rank

Row = dict[str, Any]


def friedman_rows(
    panel: Panel, boot: HierarchicalBootstrap, verdicts: Verdicts, settings: Settings
) -> tuple[list[Row], list[Row]]:
    """FRIEDMAN and POSTHOC rows."""
    tests: list[Row] = []
    pairs: list[Row] = []
    rng = settings.rng("friedman", panel.model)
    for c, criterion in enumerate(panel.criteria):
        key = {"model": panel.model, "metric": criterion.metric, "window": criterion.window}
        values = panel.by_patient[c].T
        whole = np.isfinite(values).all(1)
        values, n, losses = values[whole], int(whole.sum()), len(panel.losses)
        found = friedman(values, settings.draws, rng)
        cd = critical_difference(losses, n, settings.confidence) if n > 1 and losses > 2 else np.nan
        low, high = _effect_interval(ranks(values), boot.weights[:, whole], settings)
        tests.append(
            {
                **key,
                **{name: number(value) for name, value in found.items()},
                "effect_low": number(low),
                "effect_high": number(high),
                "critical_difference": number(cd),
                "patients": n,
                "losses": losses,
            }
        )
        tests[-1] |= _omnibus(panel, c, verdicts, settings)
        if np.isfinite(found["effect"]) and losses > 2:
            pairs += _pairs(panel, key, values, cd, c, verdicts, settings)
    for row, p in zip(tests, holm(np.array([row["p_permutation"] or np.nan for row in tests])), strict=True):
        row["p_holm"] = number(p)
    return tests, pairs


def _omnibus(panel: Panel, c: int, verdicts: Verdicts, settings: Settings) -> Row:
    """Whether the losses differ by criterion c: the loss that stands furthest from the mean of the others decides."""
    question = verdicts.against_rest
    j = int(question.p[c].argmin())
    evidence = question.evidence(c, j)
    answer = settings.policy.differ(evidence)
    differs = answer.verdict != "cannot tell"
    return {
        "p_adjusted": number(question.p[c, j]) if evidence.answered else None,
        "loss_apart": panel.compared[j] if differs else None,
        **standing_of(evidence),
        "verdict": answer.verdict,
        "reason": answer.why,
    }


def standing_of(evidence: Evidence) -> Row:
    """What a verdict stands on, as columns."""
    return {
        "patients_tested": evidence.patients,
        "folds": evidence.folds,
        "runs": evidence.runs,
        "tests": evidence.tests,
    }


def _effect_interval(rank: np.ndarray, weights: np.ndarray, settings: Settings) -> tuple[float, float]:
    """Interval of Kendall's W over patients from within-patient ranks (patients, losses)."""
    n, k = rank.shape
    if n < 2:
        return np.nan, np.nan
    total = weights @ rank
    within = weights @ ((rank - (k + 1) / 2) ** 2).sum(1)
    size = weights.sum(1)
    spread = ((total - total.mean(1, keepdims=True)) ** 2).sum(1)
    scale = size * within
    w = np.divide(spread, scale, out=np.full(len(spread), np.nan), where=scale > 0)
    low, high = interval(w, n, settings.confidence)
    return float(low), float(high)


def _pairs(
    panel: Panel, key: Row, values: np.ndarray, cd: float, c: int, verdicts: Verdicts, settings: Settings
) -> list[Row]:
    nemenyi, conover = posthoc(values)
    mean_rank = ranks(values).mean(0)
    question = verdicts.pairs
    low, high = question.results.interval(settings.confidence)
    rows = [
        {
            **key,
            "loss_a": panel.losses[a],
            "loss_b": panel.losses[b],
            "mean_rank_a": float(mean_rank[a]),
            "mean_rank_b": float(mean_rank[b]),
            "p_nemenyi": number(nemenyi[a, b]),
            "p_conover": number(conover[a, b]),
            "separated": bool(abs(mean_rank[a] - mean_rank[b]) > cd),
        }
        for a, b in zip(*np.triu_indices(len(panel.losses), 1), strict=True)
    ]
    for j, row in enumerate(rows):
        evidence = question.evidence(c, j)
        answer = settings.policy.compare(evidence)
        row |= {
            "difference": number(evidence.estimate),
            "difference_low": number(low[c, j]),
            "difference_high": number(high[c, j]),
            "p_adjusted": number(evidence.p) if evidence.answered else None,
            **standing_of(evidence),
            "verdict": answer.verdict,
            "reason": answer.why,
        }
    return rows


def contrasts(panel: Panel, draws: np.ndarray, verdicts: Verdicts, settings: Settings) -> list[Row]:
    """CONTRASTS rows: each loss against the reference, on the patients that both have.

    `draws` (draws, C, L) holds mean goodness of the ranked losses in resamples of patients, given the trained networks.
    Empty where the reference loss has no values.
    """
    question = verdicts.against_reference
    if question is None:
        return []
    sample, reference = panel.sample, panel.compared.index(settings.reference_loss)
    others = [i for i in range(len(panel.compared)) if i != reference]
    low, high = question.results.interval(settings.confidence)
    p = question.results.p()
    mean = nanmean(sample.values, 2)
    planned = components(panel.ranked_sample)
    rows: list[Row] = []
    for c, criterion in enumerate(panel.criteria):
        family: list[Row] = []
        needed = patients_needed(planned[c], verdicts.margin[c], panel, len(others), settings)
        for j, loss in enumerate(others):
            evidence = question.evidence(c, j)
            answer = settings.policy.compare(evidence)
            difference = mean[c, loss] - mean[c, reference]
            difference = difference[np.isfinite(difference)]
            n = len(difference)
            _, p_exact, biserial = signed_rank(difference)
            sd = difference.std(ddof=1) if n > 1 else np.nan
            given_low, given_high = _given_networks(panel, draws, c, panel.compared[loss], n, settings)
            told = evidence.answered
            family.append(
                {
                    "model": panel.model,
                    "metric": criterion.metric,
                    "window": criterion.window,
                    "loss": panel.compared[loss],
                    "reference": settings.reference_loss,
                    "difference": number(difference.mean()) if n else None,
                    "difference_low": number(low[c, j]),
                    "difference_high": number(high[c, j]),
                    "low_networks": number(given_low),
                    "high_networks": number(given_high),
                    "low_seeds": number(low[c, j]) if evidence.least_runs > 1 else None,
                    "high_seeds": number(high[c, j]) if evidence.least_runs > 1 else None,
                    "standardised": number(difference.mean() / sd) if n > 1 and sd > 0 else None,
                    "rank_biserial": number(biserial),
                    "p": number(p[c, j]) if told else None,
                    "p_adjusted": number(evidence.p) if told else None,
                    "margin": number(verdicts.margin[c]),
                    "p_same": number(evidence.p_same) if told else None,
                    "p_exact": number(p_exact),
                    "p_least": least_p(n),
                    "patients": n,
                    "folds": evidence.folds,
                    "runs": evidence.runs,
                    "tests": evidence.tests,
                    "patients_needed": needed,
                    "verdict": answer.verdict,
                    "reason": answer.why,
                }
            )
        for row, holm_p in zip(family, holm(np.array([row["p_exact"] for row in family])), strict=True):
            row["p_holm"] = number(holm_p)
        rows += family
    for row, holm_p in zip(rows, holm(np.array([row["p_exact"] for row in rows])), strict=True):
        row["p_holm_all"] = number(holm_p)
    return rows


def _given_networks(
    panel: Panel, draws: np.ndarray, c: int, loss: str, n: int, settings: Settings
) -> tuple[float, float]:
    """Interval over patients alone, about these trained networks; NaN for a loss that is not ranked."""
    if loss not in panel.losses or settings.reference_loss not in panel.losses:
        return np.nan, np.nan
    a, b = panel.losses.index(loss), panel.losses.index(settings.reference_loss)
    low, high = interval(draws[:, c, a] - draws[:, c, b], n, settings.confidence)
    return float(low), float(high)


def patients_needed(parts: Components, margin: float, panel: Panel, tests: int, settings: Settings) -> int | None:
    """Fewest patients of SIZES with 80 % power to tell a difference as large as the margin, with the folds and seeds of
    this study; None where more patients do not suffice."""
    folds, seeds = len(panel.sample.folds), panel.seeds
    if not np.isfinite(parts.patient_loss) or not np.isfinite(margin) or margin <= 0:
        return None

    def enough(size: int) -> bool:
        return power(parts, margin, size, folds, seeds, tests=tests, alpha=settings.alpha) >= TARGET

    if not enough(SIZES[-1]):
        return None
    return SIZES[bisect_left(SIZES, True, key=enough)]
