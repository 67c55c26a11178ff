"""Correlation of a metric with mean scores, weighted so that whole patients can be resampled."""

from __future__ import annotations

import numpy as np
from scipy import stats


def srocc(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Spearman's rank correlation; with whole-number `weights`, that of the images repeated so often."""
    return plcc(_ranks(x, weights), _ranks(y, weights), weights)


def plcc(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Pearson's correlation, optionally weighted; NaN where either is constant."""
    w = np.ones(len(x)) if weights is None else weights
    total = w.sum()
    if total == 0:
        return float("nan")
    dx, dy = x - (w * x).sum() / total, y - (w * y).sum() / total
    sx, sy = (w * dx * dx).sum(), (w * dy * dy).sum()
    return float((w * dx * dy).sum() / np.sqrt(sx * sy)) if sx > 1e-24 and sy > 1e-24 else float("nan")


def krocc(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Kendall's tau-b; with whole-number `weights`, that of the images repeated so often."""
    w = np.ones(len(x)) if weights is None else weights
    sx, sy = np.sign(x[:, None] - x[None, :]), np.sign(y[:, None] - y[None, :])
    pairs = w[:, None] * w[None, :]
    nx, ny = (pairs * sx * sx).sum(), (pairs * sy * sy).sum()
    return float((pairs * sx * sy).sum() / np.sqrt(nx * ny)) if nx > 0 and ny > 0 else float("nan")


def srocc_within(x: np.ndarray, y: np.ndarray, cases: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Mean over cases of Spearman's correlation within the case, so that contents are never compared."""
    values, mass = [], []
    for case in np.unique(cases):
        here = cases == case
        if here.sum() < 3:
            continue
        value = srocc(x[here], y[here])
        if np.isfinite(value):
            values.append(value)
            mass.append(1.0 if weights is None else weights[here][0])
    total = float(np.sum(mass))
    return float(np.dot(values, mass) / total) if total > 0 else float("nan")


def meng_p(r1: float, r2: float, r12: float, n: int) -> float:
    """Two-sided p that two dependent correlations with one variable are equal.

    r1, r2: correlations of two metrics with the scores; r12: of the metrics with each other; n independent images.
    Meng, Rosenthal & Rubin 1992, Psychol. Bull. 111:172, equation 1.
    """
    if n < 4 or not np.isfinite([r1, r2, r12]).all() or max(abs(r1), abs(r2)) >= 1 or r12 >= 1:
        return float("nan")
    mean = (r1**2 + r2**2) / 2
    f = min((1 - r12) / (2 * (1 - mean)), 1.0)
    h = (1 - f * mean) / (1 - mean)
    z = (np.arctanh(r1) - np.arctanh(r2)) * np.sqrt((n - 3) / (2 * (1 - r12) * h))
    return float(2 * stats.norm.sf(abs(z)))


def _ranks(x: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Mean ranks; weighted, those of a sample in which each value stands `weight` times."""
    if weights is None:
        return stats.rankdata(x)
    values, inverse = np.unique(x, return_inverse=True)
    mass = np.bincount(inverse, weights=weights, minlength=len(values))
    return (np.cumsum(mass) - mass + (mass + 1) / 2)[inverse]
