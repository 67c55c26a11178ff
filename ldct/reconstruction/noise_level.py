"""How noisy a slice is, measured where the anatomy is flat."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

SOFT_TISSUE_HU = (-150.0, 250.0)
SMOOTHING_PIXELS = 2.0
BLOCK_PIXELS = 9
CALM_SHARE = 0.3


def residual(hu: np.ndarray) -> np.ndarray:
    """What a Gaussian of 2 pixels removes: noise, where the anatomy is flat."""
    image = hu.astype(np.float64)
    return image - ndimage.gaussian_filter(image, SMOOTHING_PIXELS)


def calm(hu: np.ndarray) -> np.ndarray:
    """The flattest 30 % of the soft tissue of a slice (rows, columns), boolean; empty where there is hardly any."""
    smooth = ndimage.uniform_filter(hu.astype(np.float64), BLOCK_PIXELS)
    spread = ndimage.maximum_filter(smooth, BLOCK_PIXELS) - ndimage.minimum_filter(smooth, BLOCK_PIXELS)
    tissue = (smooth > SOFT_TISSUE_HU[0]) & (smooth < SOFT_TISSUE_HU[1])
    if tissue.sum() < 100:
        return np.zeros(hu.shape, bool)
    return tissue & (spread <= np.quantile(spread[tissue], CALM_SHARE))


def noise_sd(hu: np.ndarray) -> float:
    """Median over calm soft tissue of the local SD of `residual`, HU; NaN where there is no such tissue."""
    where = calm(hu)
    if not where.any():
        return float("nan")
    local = np.sqrt(ndimage.uniform_filter(residual(hu) ** 2, BLOCK_PIXELS).clip(0))
    return float(np.median(local[where]))
