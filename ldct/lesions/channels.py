"""Channels of Hotelling observers as they look for a lesion of known diameter in a region of some 3 cm."""

from __future__ import annotations

import numpy as np

from ldct.observers.dense_dog import dense_dog
from ldct.observers.gabor import gabor
from ldct.observers.laguerre_gauss import laguerre_gauss

# Laguerre-Gauss width over the lesion's diameter; first width and bands in cycles per mm.
WIDTH, LG_COUNT = 1.3, 5
DOG_START, DOG_COUNT = 0.015, 9
GABOR_BANDS = ((1 / 32, 1 / 16), (1 / 16, 1 / 8), (1 / 8, 1 / 4))


def about_the_lesion(shape: tuple[int, int], spacing_mm: tuple[float, float], diameter_mm: float) -> np.ndarray:
    """Laguerre-Gauss channels as wide as the lesion; (rows * columns, channels)."""
    return laguerre_gauss(shape, spacing_mm, width_mm=WIDTH * diameter_mm, count=LG_COUNT)


def dense_differences(shape: tuple[int, int], spacing_mm: tuple[float, float], diameter_mm: float) -> np.ndarray:
    """Dense difference-of-Gaussians channels, the same for every lesion; (rows * columns, channels)."""
    return dense_dog(shape, spacing_mm, start=DOG_START, count=DOG_COUNT)


def gabor_bands(shape: tuple[int, int], spacing_mm: tuple[float, float], diameter_mm: float) -> np.ndarray:
    """Gabor channels, the same for every lesion; (rows * columns, channels)."""
    return gabor(shape, spacing_mm, bands=GABOR_BANDS)
