"""Separable Gaussian windows: local moments of images at 'valid' positions, accumulated in float64."""

from __future__ import annotations

from functools import cache

import numpy as np

from ldct.compiled import kernel


@cache
def gaussian_taps(size: int, sigma: float) -> np.ndarray:
    """Normalised 1D Gaussian of `size` taps, float64; its outer product with itself is the 2D window."""
    offsets = np.arange(size) - (size - 1) / 2
    taps = np.exp(-(offsets**2) / (2 * sigma**2))
    return taps / taps.sum()


@kernel
def filter_valid(image: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Separable correlation of (rows, columns) with `taps`; returns float64 (rows - n + 1, columns - n + 1)."""
    n = len(taps)
    rows, columns = image.shape
    out = np.zeros((rows - n + 1, columns - n + 1))
    line = np.empty(columns)
    for i in range(rows - n + 1):
        line[:] = 0.0
        for k in range(n):
            w = taps[k]
            for j in range(columns):
                line[j] += w * image[i + k, j]
        for k in range(n):
            w = taps[k]
            for j in range(columns - n + 1):
                out[i, j] += w * line[j + k]
    return out


@kernel
def moments(y: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Local mean and variance of one image; returns float64 (2, rows - n + 1, columns - n + 1)."""
    n = len(taps)
    rows, columns = y.shape
    out = np.zeros((2, rows - n + 1, columns - n + 1))
    line = np.empty((2, columns))
    for i in range(rows - n + 1):
        line[:] = 0.0
        for k in range(n):
            w = taps[k]
            for j in range(columns):
                b = np.float64(y[i + k, j])
                line[0, j] += w * b
                line[1, j] += w * b * b
        for q in range(2):
            for k in range(n):
                w = taps[k]
                for j in range(columns - n + 1):
                    out[q, i, j] += w * line[q, j + k]
        for j in range(columns - n + 1):
            out[1, i, j] -= out[0, i, j] * out[0, i, j]
    return out


@kernel
def pair_moments(x: np.ndarray, y: np.ndarray, mean_y: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Local mean and variance of x, and covariance of x with y, whose local mean is known already.

    Returns float64 (3, rows - n + 1, columns - n + 1).
    """
    n = len(taps)
    rows, columns = x.shape
    out = np.zeros((3, rows - n + 1, columns - n + 1))
    line = np.empty((3, columns))
    for i in range(rows - n + 1):
        line[:] = 0.0
        for k in range(n):
            w = taps[k]
            for j in range(columns):
                a = np.float64(x[i + k, j])
                wa = w * a
                line[0, j] += wa
                line[1, j] += wa * a
                line[2, j] += wa * y[i + k, j]
        for q in range(3):
            for k in range(n):
                w = taps[k]
                for j in range(columns - n + 1):
                    out[q, i, j] += w * line[q, j + k]
        for j in range(columns - n + 1):
            a = out[0, i, j]
            out[1, i, j] -= a * a
            out[2, i, j] -= a * mean_y[i, j]
    return out
