"""The exact Wilcoxon signed-rank test, with ties and zeros, and what goes with it."""

from __future__ import annotations

import numpy as np
from scipy import stats


def signed_rank(difference: np.ndarray) -> tuple[float, float, float]:
    """W+, the exact two-sided p and the matched-pairs rank-biserial correlation of `difference` (patients,).

    Zeros are dropped (Wilcoxon 1945), ties share their mean rank, and the null distribution is that of random signs
    given these ranks, counted exactly over doubled ranks, which are whole numbers. (nan, 1, 0) where all are zero.
    """
    d = difference[np.isfinite(difference) & (difference != 0)]
    if len(d) == 0:
        return float("nan"), 1.0, 0.0
    doubled = np.rint(2 * stats.rankdata(np.abs(d))).astype(int)
    plus, total = int(doubled[d > 0].sum()), int(doubled.sum())
    ways = np.zeros(total + 1)
    ways[0] = 1.0
    for rank in doubled:
        # Halving at each step keeps this a distribution, so that many patients do not overflow.
        ways[rank:] = (ways[rank:] + ways[: total + 1 - rank]) / 2
        ways[:rank] /= 2
    tail = min(plus, total - plus)
    return plus / 2, min(1.0, 2 * float(ways[: tail + 1].sum())), (2 * plus - total) / total


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's step-down adjustment; NaN entries are no tests and stay NaN."""
    p = np.asarray(p, float)
    out = np.full(p.shape, np.nan)
    tests = np.flatnonzero(np.isfinite(p))
    order = tests[np.argsort(p[tests], kind="stable")]
    scaled = p[order] * (len(order) - np.arange(len(order)))
    out[order] = np.minimum(1.0, np.maximum.accumulate(scaled)) if len(order) else scaled
    return out


def least_p(patients: int) -> float:
    """The least two-sided p that `patients` differences can reach."""
    return min(1.0, 2.0 ** (1 - patients))
