"""Moment-matching fit of the asymmetric generalised Gaussian of natural-scene statistics (Lasmar 2009)."""

from __future__ import annotations

import numpy as np
from scipy.special import gamma

from ldct.compiled import kernel

SHAPES = np.arange(0.2, 10, 0.001)
# E|x|^2 / E x^2 of the symmetric distribution; rises with the shape.
RATIOS = gamma(2 / SHAPES) ** 2 / (gamma(1 / SHAPES) * gamma(3 / SHAPES))
_G1, _G2, _G3 = gamma(1 / SHAPES), gamma(2 / SHAPES), gamma(3 / SHAPES)


@kernel
def side_moments(values: np.ndarray) -> np.ndarray:
    """(mean |v|, mean v^2, RMS of the negative, RMS of the others) over the last axis of (sets, n), float64."""
    sets, n = values.shape
    out = np.zeros((sets, 4))
    for s in range(sets):
        absolute = left = right = 0.0
        negatives = 0
        for k in range(n):
            v = np.float64(values[s, k])
            absolute += abs(v)
            if v < 0:
                left += v * v
                negatives += 1
            else:
                right += v * v
        out[s, 0] = absolute / n
        out[s, 1] = (left + right) / n
        if negatives > 0:
            out[s, 2] = np.sqrt(left / negatives)
        if negatives < n:
            out[s, 3] = np.sqrt(right / (n - negatives))
    return out


def fit(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shape, mean parameter, left and right scale of each row of (sets, n).

    The shape is the grid value (steps of 0.001 in [0.2, 10)) whose ratio is nearest to the sample's.
    """
    absolute, square, left, right = side_moments(values).T
    with np.errstate(divide="ignore", invalid="ignore"):
        skew = np.where(right != 0, left / right, np.inf)
        ratio = np.where(square != 0, absolute**2 / square, np.inf)
        ratio = ratio * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    above = np.clip(np.searchsorted(RATIOS, ratio), 1, len(RATIOS) - 1)
    nearer_below = np.abs(RATIOS[above - 1] - ratio) <= np.abs(RATIOS[above] - ratio)
    # As an argmin over NaN, a sample without any spread takes the first shape.
    at = np.where(np.isnan(ratio), 0, np.where(nearer_below, above - 1, above))
    scale = np.sqrt(_G1[at] / _G3[at])
    left, right = scale * left, scale * right
    return SHAPES[at], (right - left) * (_G2[at] / _G1[at]), left, right
