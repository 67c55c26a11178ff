"""Laplacian pyramid with a 5-tap binomial of gain sqrt(2) per axis and mirrored borders, float64."""

from __future__ import annotations

import numpy as np

from ldct.compiled import kernel

TAPS = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16 * np.sqrt(2.0)


def laplacian_pyramid(image: np.ndarray, bands: int) -> list[np.ndarray]:
    """`bands` band-pass images from fine to coarse, then the low-pass rest: float64, each half the size before."""
    levels = []
    low = np.ascontiguousarray(image, np.float64)
    for _ in range(bands):
        below = _reduce(np.pad(low, 2, mode="reflect"), TAPS)
        around = np.pad(below, 1, mode="edge")
        around[0], around[:, 0] = around[2], around[:, 2]
        levels.append(_residual(low, around, TAPS))
        low = below
    return [*levels, low]


@kernel
def _reduce(padded: np.ndarray, taps: np.ndarray) -> np.ndarray:
    rows, columns = (padded.shape[0] - 3) // 2, (padded.shape[1] - 3) // 2
    out = np.empty((rows, columns))
    line = np.empty(padded.shape[1])
    for i in range(rows):
        line[:] = 0.0
        for k in range(5):
            for j in range(len(line)):
                line[j] += taps[k] * padded[2 * i + k, j]
        for j in range(columns):
            total = 0.0
            for k in range(5):
                total += taps[k] * line[2 * j + k]
            out[i, j] = total
    return out


@kernel
def _residual(image: np.ndarray, below: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """image minus the expanded level below, which comes with one pixel of border on each side."""
    rows, columns = image.shape
    out = np.empty((rows, columns))
    line = np.empty(below.shape[1])
    for i in range(rows):
        p = i // 2 + 1
        if i % 2:
            for j in range(len(line)):
                line[j] = taps[1] * (below[p, j] + below[p + 1, j])
        else:
            for j in range(len(line)):
                line[j] = taps[0] * (below[p - 1, j] + below[p + 1, j]) + taps[2] * below[p, j]
        for j in range(columns):
            q = j // 2 + 1
            if j % 2:
                out[i, j] = image[i, j] - taps[1] * (line[q] + line[q + 1])
            else:
                out[i, j] = image[i, j] - taps[0] * (line[q - 1] + line[q + 1]) - taps[2] * line[q]
    return out
