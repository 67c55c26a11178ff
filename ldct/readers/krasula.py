"""Krasula's analysis: does a metric tell different images from similar ones, and the better from the worse?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class PairsOfImages:
    """All pairs of images within a case: indices, difference of mean score, and whether it is significant."""

    first: np.ndarray
    second: np.ndarray
    difference: np.ndarray
    different: np.ndarray

    def __len__(self) -> int:
        return len(self.first)


def pairs_of_images(ratings: np.ndarray, cases: np.ndarray, level: float = 0.05) -> PairsOfImages:
    """Pairs within each case of `ratings` (images, readers), NaN where not rated.

    A pair is 'different' where a paired t test over the readers of both has p below `level`; with readers that all
    differ by the same amount it is different where that amount is not 0. Pairs rated by fewer than two common readers
    are left out. Krasula et al. 2016, QoMEX, doi 10.1109/QoMEX.2016.7498936 (there: unpaired z).
    """
    first, second, difference, different = [], [], [], []
    for case in np.unique(cases):
        members = np.flatnonzero(cases == case)
        for position, i in enumerate(members):
            for j in members[position + 1 :]:
                d = ratings[i] - ratings[j]
                d = d[np.isfinite(d)]
                if len(d) < 2:
                    continue
                spread = d.std(ddof=1)
                p = 2 * stats.t.sf(abs(d.mean()) / (spread / np.sqrt(len(d))), len(d) - 1) if spread > 0 else 0.0
                first.append(i)
                second.append(j)
                difference.append(d.mean())
                different.append(d.mean() != 0 and p < level)
    return PairsOfImages(
        np.array(first, int), np.array(second, int), np.array(difference, float), np.array(different, bool)
    )


def analyse(metric: np.ndarray, pairs: PairsOfImages, weights: np.ndarray | None = None) -> dict[str, float]:
    """auc_different, auc_better and correct of `metric` (images,), oriented so that more is better.

    auc_different: area under the curve of |difference| for telling different pairs from similar ones; auc_better: of
    the signed difference for telling which of a different pair is better; correct: share of different pairs ordered
    right. weights: of the pairs. NaN where a class is empty.
    """
    w = np.ones(len(pairs)) if weights is None else weights
    delta = metric[pairs.first] - metric[pairs.second]
    keep = np.isfinite(delta) & (w > 0)
    delta, w = delta[keep], w[keep]
    different, truth = pairs.different[keep], np.sign(pairs.difference[keep])
    d, t, v = delta[different], truth[different], w[different]
    # A pair and its mirror image say the same; both are used, so that the order of a pair does not matter.
    better = _auc(np.concatenate([d * t, -d * t]), np.repeat([True, False], len(d)), np.concatenate([v, v]))
    right = np.where(d * t > 0, 1.0, np.where(d == 0, 0.5, 0.0))
    return {
        "auc_different": _auc(np.abs(delta), different, w),
        "auc_better": better,
        "correct": float((v * right).sum() / v.sum()) if v.sum() > 0 else float("nan"),
    }


def _auc(score: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> float:
    """Weighted area under the receiver operating characteristic; ties count one half."""
    up, down = weights[positive], weights[~positive]
    if up.sum() <= 0 or down.sum() <= 0:
        return float("nan")
    values, inverse = np.unique(score, return_inverse=True)
    lower = np.bincount(inverse[~positive], weights=down, minlength=len(values))
    below = np.cumsum(lower) - lower / 2
    return float((up * below[inverse[positive]]).sum() / (up.sum() * down.sum()))
