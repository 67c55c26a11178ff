"""Structural similarity."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ldct.errors import ConfigError
from ldct.intensity import Window
from ldct.losses.base import Loss, as_window, check_side, integer, number
from ldct.losses.filters import gaussian_taps, separable

K1, K2 = 0.01, 0.03


def ssim_maps(x: torch.Tensor, y: torch.Tensor, size: int, sigma: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Maps of SSIM and of its contrast-structure factor, (N, 1, H - size + 1, W - size + 1).

    x, y: (N, 1, H, W) with data range 1. Eqs. 12, 13 of Wang et al. 2004; no padding, no downsampling.
    """
    c1, c2 = K1**2, K2**2
    taps = gaussian_taps(size, sigma)
    moments = separable(torch.stack([x, y, x * x + y * y, x * y]), taps, taps, "valid")
    mean_x, mean_y, squares, product = moments.unbind()
    cross, energy = mean_x * mean_y, mean_x * mean_x + mean_y * mean_y
    contrast = (2 * (product - cross) + c2) / (squares - energy + c2)
    return (2 * cross + c1) / (energy + c1) * contrast, contrast


class SSIM(Loss):
    """1 - mean SSIM; 0 at equality, at most 2.

    window: HU range that stands for the data range L = 1 (name or {center, width}); values outside are not clipped,
    so that their gradient is kept. size (odd) and sigma: of the Gaussian. Images smaller than the filter raise
    ConfigError.
    """

    def __init__(
        self,
        *,
        window: str | Mapping[str, float] | Window = "full",
        size: int = 11,
        sigma: float = 1.5,
        **common,
    ):
        super().__init__(**common)
        self.window = as_window("ssim", window)
        self.size, self.sigma = gaussian("ssim", size, sigma)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        check_side("ssim", prediction, self.size)
        x, y = (self.intensity.to_unit(image, self.window) for image in (prediction, target))
        return 1 - ssim_maps(x, y, self.size, self.sigma)[0].mean()


def gaussian(loss: str, size: int, sigma: float) -> tuple[int, float]:
    """Checked options of a Gaussian filter."""
    if integer(loss, "size", size, 3) % 2 == 0:
        raise ConfigError(f"loss {loss}: size is {size}; expected an odd number")
    return size, number(loss, "sigma", sigma, 0.0, above=True)
