"""Separable resampling as weights of a few source pixels for each target pixel."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from ldct.compiled import kernel

# For each target position: indices of the source positions (targets, taps) and their weights.
Taps = tuple[np.ndarray, np.ndarray]


@cache
def cubic(source: int, target: int, scale: float) -> Taps:
    """MATLAB's imresize: Keys' kernel (a = -0.5), widened when downscaling, borders mirrored."""
    widening = min(scale, 1.0)
    size = math.ceil(4 / widening) + 2
    position = (np.arange(target) + 0.5) / scale - 0.5
    base = np.floor(position).astype(int) - size // 2 + 1
    offsets = np.arange(size)
    t = np.abs((position - base)[:, None] - offsets) * widening
    near = 1.5 * t**3 - 2.5 * t**2 + 1
    far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    weights = np.where(t <= 1, near, np.where(t <= 2, far, 0.0))
    weights /= weights.sum(axis=1, keepdims=True)
    index = (base[:, None] + offsets) % (2 * source)
    return np.where(index < source, index, 2 * source - 1 - index), weights


@cache
def linear(source: int, target: int, corners: bool) -> Taps:
    """Bilinear taps; `corners`: the first and last positions coincide, else the pixels' outer edges do."""
    if corners:
        position = np.arange(target) * ((source - 1) / max(target - 1, 1))
    else:
        position = np.maximum((np.arange(target) + 0.5) * source / target - 0.5, 0.0)
    low = np.minimum(np.floor(position).astype(int), source - 1)
    high = np.minimum(low + 1, source - 1)
    return np.stack([low, high], axis=1), np.stack([1 - (position - low), position - low], axis=1)


def resample(image: np.ndarray, rows: Taps, columns: Taps) -> np.ndarray:
    """(rows, columns) resampled along both axes, float64."""
    return _resample(image, *rows, *columns)


@kernel
def _resample(
    image: np.ndarray,
    row_index: np.ndarray,
    row_weights: np.ndarray,
    column_index: np.ndarray,
    column_weights: np.ndarray,
) -> np.ndarray:
    out = np.zeros((len(row_index), len(column_index)))
    line = np.empty(image.shape[1])
    for i in range(len(row_index)):
        line[:] = 0.0
        for k in range(row_index.shape[1]):
            w, source = row_weights[i, k], row_index[i, k]
            if w != 0:
                for j in range(len(line)):
                    line[j] += w * image[source, j]
        for j in range(len(column_index)):
            total = 0.0
            for k in range(column_index.shape[1]):
                total += column_weights[j, k] * line[column_index[j, k]]
            out[i, j] = total
    return out
