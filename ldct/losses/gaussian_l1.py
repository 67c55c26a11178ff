"""Gaussian-weighted L1 of Zhao's mixture."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ldct.intensity import Window
from ldct.losses.base import Loss, as_window, number
from ldct.losses.filters import gaussian_taps, separable


class GaussianL1(Loss):
    """mean of G * |d|, d on [0, 1] of the window, G a Gaussian with zeros outside the image.

    Inside the image it is the L1 loss in another unit; near the border pixels weigh less. Zhao's mixture is
    '0.84 * ms_ssim + 0.16 * gaussian_l1'. window: name or {center, width}. sigma: pixels; 8 is that of the coarsest
    of the five scales of the source.
    """

    def __init__(self, *, window: str | Mapping[str, float] | Window = "full", sigma: float = 8.0, **common):
        super().__init__(**common)
        self.window = as_window("gaussian_l1", window)
        self.sigma = number("gaussian_l1", "sigma", sigma, 0.0, 100.0, above=True)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        distance = (prediction - target).abs() * (self.intensity.sd / self.window.width)
        taps = gaussian_taps(2 * round(3 * self.sigma) + 1, self.sigma)
        return separable(distance, taps, taps, "zero").mean()
