"""An image through a filter that is known by name."""

from __future__ import annotations

import numpy as np

from ldct.filters.declared import FILTERS
from ldct.metrics.base import View, view
from ldct.tables.images import INVALID_HU


def apply(use: str, image: View) -> np.ndarray:
    """`image` (HU) through a built-in filter or a user's 'module:function' or 'module:Class'; HU (rows, columns).

    Raises ConfigError where there is none, and ValueError where its result is not finite or of another shape.
    """
    denoise = FILTERS.load(use)
    if isinstance(denoise, type):
        denoise = denoise()
    hu = np.asarray(denoise(image))
    if hu.shape != image.pixels.shape or not np.isfinite(hu).all():
        found = f"an image of shape {hu.shape} with {np.count_nonzero(~np.isfinite(hu))} values that are not finite"
        raise ValueError(f"filter {use} gave {found}; expected finite HU of shape {image.pixels.shape}")
    return hu


def filtered(use: str, hu: np.ndarray, valid: np.ndarray, spacing_mm: tuple[float, float]) -> np.ndarray:
    """`hu` (rows, columns) through a filter; int16 HU, pixels that are not `valid` marked as such."""
    made = apply(use, view(hu, valid, spacing_mm))
    return np.where(valid, np.rint(made), INVALID_HU).astype(np.int16)
