"""Difference-of-Gaussians channels."""

from __future__ import annotations

import numpy as np

from ldct.observers.grid import grid


def dense_dog(
    shape: tuple[int, int],
    spacing_mm: tuple[float, float] = (1.0, 1.0),
    *,
    start: float = 0.005,
    growth: float = 1.4,
    ratio: float = 1.67,
    count: int = 10,
) -> np.ndarray:
    """Channels (rows * columns, count) with the radial response exp(-(f / Q s_j)^2 / 2) - exp(-(f / s_j)^2 / 2).

    s_j = start * growth^j in cycles per mm (per pixel at a spacing of 1), Q = `ratio`; the defaults are the dense set
    of Abbey & Barrett 2001 (JOSA A 18:473), ten overlapping octaves as in human vision. Sampled from the closed form
    in space, so that a small region only truncates them.
    """
    y, x = grid(shape, spacing_mm)
    square = y**2 + x**2

    def gaussian(s: float) -> np.ndarray:
        return 2 * np.pi * s**2 * np.exp(-2 * np.pi**2 * s**2 * square)

    widths = start * growth ** np.arange(count)
    return np.stack([(gaussian(ratio * s) - gaussian(s)).ravel() for s in widths], axis=1)
