"""Weighted kappa of two readers, and its mean over pairs of readers."""

from __future__ import annotations

from itertools import combinations

import numpy as np


def weighted_kappa(a: np.ndarray, b: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Cohen's kappa with quadratic weights of scores `a` and `b` (images,); NaN where both never vary.

    1 - sum w (a - b)^2 / sum of (a_i - b_j)^2 over all pairs of images: quadratic weights on the scores themselves, so
    no categories have to be named (Cohen 1968). weights: non-negative weight of each image.
    """
    w = np.ones(len(a)) if weights is None else weights
    total = w.sum()
    if total == 0:
        return float("nan")
    ma, mb = (w * a).sum() / total, (w * b).sum() / total
    va, vb = (w * (a - ma) ** 2).sum() / total, (w * (b - mb) ** 2).sum() / total
    chance = va + vb + (ma - mb) ** 2
    return float(1 - (w * (a - b) ** 2).sum() / total / chance) if chance > 0 else float("nan")


def mean_kappa(ratings: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Mean weighted kappa over pairs of readers (Light 1971); `ratings` (images, readers) are NaN where not rated."""
    values = [pair_kappa(ratings, i, j, weights) for i, j in combinations(range(ratings.shape[1]), 2)]
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def pair_kappa(ratings: np.ndarray, i: int, j: int, weights: np.ndarray | None = None) -> float:
    """Weighted kappa of readers `i` and `j` on the images both rated."""
    both = np.isfinite(ratings[:, i]) & np.isfinite(ratings[:, j])
    w = None if weights is None else weights[both]
    return weighted_kappa(ratings[both, i], ratings[both, j], w) if both.any() else float("nan")
