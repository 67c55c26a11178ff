"""Gradient magnitude similarity deviation."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F

from ldct.intensity import Window
from ldct.losses.base import Loss, as_window, check_side
from ldct.losses.filters import separable

SMOOTH, DIFFERENCE = (1 / 3, 1 / 3, 1 / 3), (-1.0, 0.0, 1.0)
# T of the source for 8 bits, on a data range of 1.
T = 170 / 255**2
# Roots are taken of value^2 + TINY^2, so that flat and equal images have a finite slope.
TINY = 1e-6


def gradient_magnitude(unit: torch.Tensor) -> torch.Tensor:
    """Prewitt gradient magnitude of (N, 1, H, W), zeros outside the image."""
    across = separable(unit, SMOOTH, DIFFERENCE, "zero")
    down = separable(unit, DIFFERENCE, SMOOTH, "zero")
    return (across * across + down * down + TINY**2).sqrt()


class GMSD(Loss):
    """mean over images of the SD of the gradient magnitude similarity map; 0 at equality.

    Images are halved first (a last odd row or column is dropped). window: HU range of the data range 1; values outside
    are not clipped, so that their gradient is kept. Blind to offsets, so use it beside a pixelwise term.
    """

    def __init__(self, *, window: str | Mapping[str, float] | Window = "full", **common):
        super().__init__(**common)
        self.window = as_window("gmsd", window)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        check_side("gmsd", prediction, 6)
        ours, theirs = (
            gradient_magnitude(F.avg_pool2d(self.intensity.to_unit(image, self.window), 2))
            for image in (prediction, target)
        )
        similarity = (2 * ours * theirs + T) / (ours * ours + theirs * theirs + T)
        variance = similarity.var((1, 2, 3), correction=0)
        return ((variance + TINY**2).sqrt() - TINY).mean()
