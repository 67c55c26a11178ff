"""Gabor channels."""

from __future__ import annotations

import numpy as np

from ldct.observers.grid import grid

# Passbands of an octave: lower and upper end, cycles per pixel.
BANDS = ((1 / 64, 1 / 32), (1 / 32, 1 / 16), (1 / 16, 1 / 8), (1 / 8, 1 / 4))


def gabor(
    shape: tuple[int, int],
    spacing_mm: tuple[float, float] = (1.0, 1.0),
    *,
    bands: tuple[tuple[float, float], ...] = BANDS,
    orientations: int = 5,
    phases: tuple[float, ...] = (0.0, np.pi / 2),
) -> np.ndarray:
    """Channels (rows * columns, bands * orientations * phases): a cosine under a Gaussian, centred.

    exp(-4 ln2 r^2 / w^2) cos(2 pi f (x cos t + y sin t) + b); f is the middle of the band in cycles per mm (per pixel
    at a spacing of 1), w = 4 ln2 / (pi (f2 - f1)) its full width at half height, t = k pi / orientations. The
    defaults, 40 channels, are those of Leng et al. 2013 (Med Phys 40:081908) for CT, who take k 2 pi / 5: the same
    axes. Raises ValueError for a band that is not 0 <= f1 < f2.
    """
    if any(not 0 <= low < high for low, high in bands):
        raise ValueError(f"a band is (lower, upper) in cycles per mm with 0 <= lower < upper; found {bands}")
    y, x = grid(shape, spacing_mm)
    channels = []
    for low, high in bands:
        middle, width = (low + high) / 2, 4 * np.log(2) / (np.pi * (high - low))
        envelope = np.exp(-4 * np.log(2) * (y**2 + x**2) / width**2)
        for k in range(orientations):
            angle = np.pi * k / orientations
            along = 2 * np.pi * middle * (x * np.cos(angle) + y * np.sin(angle))
            channels += [(envelope * np.cos(along + phase)).ravel() for phase in phases]
    return np.stack(channels, axis=1)
