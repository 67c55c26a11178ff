"""Is one loss at most a margin worse than another? Ratios of positive values, over patients and trainings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ldct.statistics.inference.contrasts import BY_NOTHING, BY_RUNS, Contrasts, contrasts
from ldct.statistics.inference.sample import Sample
from ldct.statistics.policy import Evidence
from ldct.statistics.power import SIZES, TARGET


@dataclass(frozen=True)
class NonInferiority:
    """The geometric mean ratio with its interval, the one-sided p, and what a verdict against 1 + margin stands on."""

    ratio: float
    low: float
    high: float
    p: float
    evidence: Evidence
    patients_needed: int | None


def noninferiority(sample: Sample, weights: np.ndarray, margin: float, confidence: float) -> NonInferiority:
    """Whether the loss of weight 1 is at most `margin` worse than the loss of weight -1, where lower is better.

    `sample` holds minus the positive patient means (RMSE in HU) of one criterion, as goodness; `weights` (L,). The
    logarithm of a ratio is a contrast of logarithms, so patients and trainings are random in it as in any contrast; the
    interval is Student's t at `confidence`, two-sided, so that a true ratio of 1 + margin is called non-inferior with a
    probability of (1 - confidence) / 2. patients_needed: for 80 % power at the observed ratio and spread, with the
    trainings of this study; None where the ratio itself is not below the margin or more patients do not suffice. Raises
    ValueError for values that are not positive or a margin below 0. EMA CPMP/EWP/2158/99; ICH E9.
    """
    values = -sample.values[:, weights != 0]
    if margin < 0 or (values[np.isfinite(values)] <= 0).any():
        raise ValueError("non-inferiority needs positive values and a margin of at least 0")
    # One contrast, worse above: log(candidate) - log(other).
    logs = Sample(np.log(np.where(np.isfinite(values), values, np.nan)), sample.fold_of)
    found = contrasts(logs, np.asarray(weights, float)[None, weights != 0])
    limit = float(np.log1p(margin))
    low, high = (float(end[0, 0]) for end in found.interval(confidence))
    below = float(found.turned().p_above(-limit)[0, 0])
    evidence = Evidence(
        estimate=float(found.estimate[0, 0]),
        p=below,
        p_same=float(found.p_above(limit)[0, 0]),
        patients=int(found.patients[0, 0]),
        folds=int(found.folds[0, 0]),
        runs=int(found.runs[0, 0]),
        least_runs=int(found.least_runs[0, 0]),
        answered=bool(found.method[0, 0] != BY_NOTHING),
    )
    return NonInferiority(
        ratio=float(np.exp(evidence.estimate)),
        low=float(np.exp(low)),
        high=float(np.exp(high)),
        p=below,
        evidence=evidence,
        patients_needed=_needed(found, limit, confidence),
    )


def _needed(found: Contrasts, limit: float, confidence: float) -> int | None:
    """Fewest patients of SIZES with 80 % power that the interval ends below the limit."""
    variance, freedom, n = (float(x[0, 0]) for x in (found.variance, found.freedom, found.patients))
    distance = limit - float(found.estimate[0, 0])
    if not np.isfinite(variance) or not distance > 0:
        return None
    # More patients do not lessen the noise of runs; where folds are the replicates, more patients come in more folds.
    by_runs = bool(found.method[0, 0] == BY_RUNS)
    fixed = min(float(found.of_runs[0, 0]), variance) if by_runs else 0.0
    per_fold = n / max(float(found.folds[0, 0]), 1.0)
    for size in SIZES:
        error = np.sqrt(fixed + (variance - fixed) * n / size)
        nu = max(freedom + size - n if by_runs else size / per_fold - 1, 1.0)
        critical = stats.t.ppf((1 + confidence) / 2, nu)
        if error == 0 or stats.nct.sf(critical, nu, distance / error) >= TARGET:
            return size
    return None
