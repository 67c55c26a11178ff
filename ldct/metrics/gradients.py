"""Gradient magnitudes by 3 x 3 operators with zeros beyond the border."""

from __future__ import annotations

import numpy as np

from ldct.compiled import kernel

# (weight of the middle row, of the outer rows, divisor)
PREWITT = (1.0, 1.0, 3.0)
SCHARR = (10.0, 3.0, 16.0)


def gradient_magnitude(image: np.ndarray, operator: tuple[float, float, float]) -> np.ndarray:
    """sqrt(gx^2 + gy^2) of (rows, columns), float32."""
    middle, outer, divisor = operator
    return _gradient(np.pad(image, 1), np.array([middle / divisor, outer / divisor], np.float32))


@kernel
def _gradient(p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    middle, outer = weights
    rows, columns = p.shape[0] - 2, p.shape[1] - 2
    out = np.empty((rows, columns), np.float32)
    for i in range(rows):
        for j in range(columns):
            gx = outer * (p[i, j + 2] - p[i, j] + p[i + 2, j + 2] - p[i + 2, j])
            gx += middle * (p[i + 1, j + 2] - p[i + 1, j])
            gy = outer * (p[i + 2, j] - p[i, j] + p[i + 2, j + 2] - p[i, j + 2])
            gy += middle * (p[i + 2, j + 1] - p[i, j + 1])
            out[i, j] = np.sqrt(gx * gx + gy * gy)
    return out
