"""Coordinates of a region of interest."""

from __future__ import annotations

import numpy as np


def grid(shape: tuple[int, int], spacing_mm: tuple[float, float] = (1.0, 1.0)) -> tuple[np.ndarray, np.ndarray]:
    """y (rows, 1) and x (1, columns) in mm from the centre of a region of `shape` pixels."""
    y, x = ((np.arange(n) - (n - 1) / 2) * d for n, d in zip(shape, spacing_mm, strict=True))
    return y[:, None], x[None, :]
