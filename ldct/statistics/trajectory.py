"""Measures of one course over training: how it follows the loss, how erratic it is, what the checkpoint rule costs."""

from __future__ import annotations

import numpy as np

from ldct.statistics.ranks import ranks

# Three points give two steps and one inner point, the least for which every measure is defined.
LEAST_POINTS = 3
# n points have n circular shifts, so a p of 0.05 needs at least 20.
LEAST_SHIFTS = 20


def follow(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Spearman, tau-b and step concordance of a course `x` (K,) with courses `y` (..., K), no NaN."""
    rx, ry = ranks(x), ranks(y)
    dx, dy = rx - rx.mean(), ry - ry.mean(-1, keepdims=True)
    scale = np.sqrt((dx**2).sum() * (dy**2).sum(-1))
    spearman = np.divide((dx * dy).sum(-1), scale, out=np.full(scale.shape, np.nan), where=scale > 0)
    steps = np.sign(np.diff(x)) * np.sign(np.diff(y, axis=-1))
    return {"spearman": spearman, "kendall": tau_b(x, y), "concordance": (steps.mean(-1) + 1) / 2}


def tau_b(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """tau-b of `x` (K,) with `y` (..., K); NaN where one is constant."""
    first, second = np.triu_indices(len(x), 1)
    sx, sy = np.sign(x[first] - x[second]), np.sign(y[..., first] - y[..., second])
    scale = np.sqrt((sx**2).sum() * (sy**2).sum(-1))
    return np.divide((sx * sy).sum(-1), scale, out=np.full(scale.shape, np.nan), where=scale > 0)


def erratic(y: np.ndarray) -> dict[str, np.ndarray]:
    """Mann-Kendall tau, reversal rate and roughness of courses `y` (..., K), no NaN, K >= 3.

    The reversal rate is the share of inner points that are turning points; its mean is 2/3 for white noise
    (Bienayme's turning-point test) and 0 for a monotone course. Roughness is total variation over range.
    """
    step = np.diff(y, axis=-1)
    turning = (step[..., 1:] * step[..., :-1] < 0).mean(-1)
    spread = y.max(-1) - y.min(-1)
    rough = np.divide(np.abs(step).sum(-1), spread, out=np.full(spread.shape, np.nan), where=spread > 0)
    return {
        "mann_kendall": tau_b(np.arange(y.shape[-1], dtype=float), y),
        "reversal_rate": turning,
        "roughness": rough,
    }


def regret(y: np.ndarray, selected: int) -> np.ndarray:
    """Best of courses `y` (..., K) minus the value at place `selected`; at least 0."""
    return y.max(-1) - y[..., selected]


def shift_p(x: np.ndarray, y: np.ndarray) -> float:
    """Two-sided p of tau-b between two courses (K,) by all circular shifts of `y`, which keep its autocorrelation.

    NaN for fewer than 20 points, where no p could reach 0.05. Both courses are first freed of a straight trend, since a
    shifted trend has a jump that no real course has.
    """
    if len(x) < LEAST_SHIFTS:
        return float("nan")
    x, y = _detrended(x), _detrended(y)
    places = (np.arange(len(y))[None, :] + np.arange(len(y))[:, None]) % len(y)
    tau = np.abs(tau_b(x, y[places]))
    return float((tau >= tau[0] - 1e-12).mean())


def _detrended(y: np.ndarray) -> np.ndarray:
    t = np.arange(len(y)) - (len(y) - 1) / 2
    return y - y.mean() - t * (t @ y) / (t @ t)
