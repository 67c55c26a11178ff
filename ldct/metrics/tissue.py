"""Which pixels of a CT slice are soft tissue, and where soft tissue is homogeneous."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter

from ldct.metrics.base import View

SOFT_TISSUE_HU = (-100.0, 200.0)


def in_range(reference: View, low: float, high: float) -> np.ndarray:
    """Measured pixels whose 5 x 5 mean in the reference lies in [low, high] HU; boolean (rows, columns).

    The mean, not the pixel itself: choosing pixels by their own noise would bias differences at them.
    """
    local = uniform_filter(reference.pixels, 5, mode="nearest")
    return reference.valid & (local >= low) & (local <= high)


def soft_tissue(reference: View) -> np.ndarray:
    """`in_range` from -100 to 200 HU."""
    return in_range(reference, *SOFT_TISSUE_HU)


def window_size(spacing_mm: tuple[float, float]) -> int:
    """Odd number of pixels nearest to 5 mm, from 5 to 15."""
    pixels = 5.0 / (sum(spacing_mm) / 2)
    return int(np.clip(2 * round((pixels - 1) / 2) + 1, 5, 15))


def homogeneous(reference: View) -> np.ndarray:
    """Centres of windows (see window_size) wholly in soft tissue, with the third of lowest structure; boolean.

    Structure is the gradient magnitude of the reference after a Gaussian of a third of the window, so that noise
    hardly takes part in the choice.
    """
    size = window_size(reference.spacing_mm)
    inside = uniform_filter(soft_tissue(reference).astype(np.float64), size, mode="constant") > 1 - 0.5 / size**2
    if not inside.any():
        return inside
    smooth = gaussian_filter(reference.pixels, size / 3, mode="nearest", output=np.float64)
    down, right = np.gradient(smooth)
    structure = np.hypot(down, right)
    return inside & (structure <= np.quantile(structure[inside], 1 / 3))


def local_variance(image: np.ndarray, size: int) -> np.ndarray:
    """Variance within size x size windows about their own means, float64."""
    values = image.astype(np.float64)
    mean = uniform_filter(values, size, mode="nearest")
    return np.maximum(uniform_filter(values * values, size, mode="nearest") - mean * mean, 0.0)
