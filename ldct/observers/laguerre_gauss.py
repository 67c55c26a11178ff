"""Laguerre-Gauss channels."""

from __future__ import annotations

import numpy as np
from scipy.special import eval_laguerre

from ldct.observers.grid import grid


def laguerre_gauss(
    shape: tuple[int, int], spacing_mm: tuple[float, float] = (1.0, 1.0), *, width_mm: float, count: int = 6
) -> np.ndarray:
    """Channels (rows * columns, count): sqrt(2) / a exp(-pi r^2 / a^2) L_j(2 pi r^2 / a^2), a = `width_mm`.

    Orthonormal over the plane where lengths are in mm: their Gram matrix times the pixel's area is the identity for
    a region that holds them. For round signals whose size goes as a. (Gallas & Barrett 2003, JOSA A 20:1725)
    """
    y, x = grid(shape, spacing_mm)
    square = np.pi * (y**2 + x**2) / width_mm**2
    envelope = np.sqrt(2) / width_mm * np.exp(-square)
    return np.stack([(envelope * eval_laguerre(j, 2 * square)).ravel() for j in range(count)], axis=1)
