"""Multi-reader multi-case comparison of mean scores: readers and cases are both drawn from populations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Comparison:
    """A difference of two mean scores, its interval, p and degrees of freedom."""

    difference: float
    low: float
    high: float
    p: float
    degrees: float


def compare(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> Comparison:
    """Mean of `first` minus mean of `second`, both (readers, cases), complete, with readers and cases random.

    The Dorfman-Berbaum-Metz analysis with Hillis' degrees of freedom: for a mean score the jackknife pseudovalues are
    the scores themselves, so the three-way analysis of variance is of these. Error of the difference: MS(TR) +
    max(MS(TC) - MS(TRC), 0). Hillis 2007, Stat. Med. 26:596; Hillis, Berbaum & Metz 2008, Acad. Radiol. 15:647.
    NaN bounds with one reader; raises ValueError where shapes differ or a score is missing.
    """
    if first.shape != second.shape or not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("both need a score of each reader for each case")
    readers, cases = first.shape
    d = first - second
    difference = float(d.mean())
    if readers < 2 or cases < 2:
        return Comparison(difference, float("nan"), float("nan"), float("nan"), float("nan"))
    # For two treatments the mean squares of T x ... are those of the differences, halved.
    tr = cases * ((d.mean(1) - difference) ** 2).sum() / (readers - 1) / 2
    tc = readers * ((d.mean(0) - difference) ** 2).sum() / (cases - 1) / 2
    residual = d - d.mean(1, keepdims=True) - d.mean(0, keepdims=True) + difference
    trc = (residual**2).sum() / ((readers - 1) * (cases - 1)) / 2
    error = tr + max(tc - trc, 0.0)
    if error <= 0:
        return Comparison(difference, difference, difference, 0.0 if difference else 1.0, float("inf"))
    degrees = error**2 / (tr**2 / (readers - 1)) if tr > 0 else float("inf")
    spread = np.sqrt(2 * error / (readers * cases))
    half = stats.t.ppf((1 + confidence) / 2, degrees) * spread
    p = 2 * stats.t.sf(abs(difference) / spread, degrees)
    return Comparison(difference, difference - half, difference + half, float(p), float(degrees))


def mean_score(scores: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean of `scores` (readers, cases), complete, and its interval with readers and cases random.

    Variance MS(R) + max(MS(C) - MS(RC), 0) over readers times cases, with Hillis' degrees of freedom.
    """
    zero = np.zeros_like(scores)
    made = compare(scores, zero, confidence)
    return made.difference, made.low, made.high
