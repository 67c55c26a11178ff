"""Denoisers that need no training: what a network has to beat."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from ldct.anchors import FILTERS
from ldct.metrics.base import View, view
from ldct.metrics.tissue import homogeneous, local_variance, window_size
from ldct.tables.images import INVALID_HU

SIGMA_PIXELS = 1.0
# Patches of 5 x 5 within 13 x 13 pixels, filter strength .8 SD of the noise: the defaults of the method's authors.
PATCH, DISTANCE, STRENGTH = 5, 6, 0.8


def gaussian(image: View) -> np.ndarray:
    """A Gaussian of 1 pixel SD; HU in, HU out, float32 (rows, columns)."""
    return gaussian_filter(image.pixels, SIGMA_PIXELS, mode="nearest")


def non_local_means(image: View) -> np.ndarray:
    """Non-local means with the SD of homogeneous soft tissue; HU in, HU out, float32 (rows, columns).

    A slice without homogeneous soft tissue, whose noise is not known, stays as it is. (Buades, Coll & Morel 2005, CVPR;
    scikit-image)
    """
    from skimage.restoration import denoise_nl_means

    flat = homogeneous(image)
    if not flat.any():
        return image.pixels
    sd = float(np.sqrt(local_variance(image.pixels, window_size(image.spacing_mm))[flat].mean()))
    made = denoise_nl_means(
        image.pixels, patch_size=PATCH, patch_distance=DISTANCE, h=STRENGTH * sd, sigma=sd, fast_mode=True
    )
    return made.astype(np.float32)


def filtered(name: str, hu: np.ndarray, valid: np.ndarray, spacing_mm: tuple[float, float]) -> np.ndarray:
    """`hu` (rows, columns) through a declared filter; int16 HU, pixels that are not `valid` marked as such."""
    made = FILTERS.load(name)(view(hu, valid, spacing_mm))
    return np.where(valid, np.rint(made), INVALID_HU).astype(np.int16)
