"""Multi-scale structural similarity."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F

from ldct.intensity import Window
from ldct.losses.base import Loss, as_window, check_side, integer
from ldct.losses.ssim import gaussian, ssim_maps

# Exponents of the five scales, Wang 2003, section 3.2.
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
# A factor at or below 0 has no power with a finite slope; it counts as this.
FLOOR = 1e-6


def scales_for(side: int, size: int, most: int = len(WEIGHTS)) -> int:
    """Scales at which the filter of `size` fits an image whose shorter side is `side`; 0 for none."""
    count = 0
    while count < most and side >= size:
        count += 1
        side = (side + 1) // 2
    return count


def ms_ssim(x: torch.Tensor, y: torch.Tensor, scales: int, size: int = 11, sigma: float = 1.5) -> torch.Tensor:
    """MS-SSIM of each image, (N,); x, y: (N, 1, H, W) with data range 1.

    prod_j cs_j^w_j over the scales, with SSIM in place of cs at the last; w: the first `scales` weights, scaled to
    sum 1. Odd sides are padded as in piq: one replicated row and column at the start.
    """
    weights = [w / sum(WEIGHTS[:scales]) for w in WEIGHTS[:scales]]
    result = x.new_ones(x.shape[0])
    for scale, weight in enumerate(weights):
        if scale:
            x, y = (_halve(image) for image in (x, y))
        full, contrast = ssim_maps(x, y, size, sigma)
        factor = (full if scale == scales - 1 else contrast).mean((1, 2, 3))
        result = result * factor.clamp_min(FLOOR) ** weight
    return result


def _halve(image: torch.Tensor) -> torch.Tensor:
    """Means of 2 x 2 pixels; the backward pass of replication is not deterministic on GPUs, so only where needed."""
    pad = max(image.shape[-2] % 2, image.shape[-1] % 2)
    return F.avg_pool2d(F.pad(image, (pad, 0, pad, 0), mode="replicate") if pad else image, 2)


class MSSSIM(Loss):
    """1 - mean MS-SSIM; 0 at equality, at most 1.

    Five scales need sides of 161 and more. Smaller images get as many scales as the filter fits (64: 3, 128: 4),
    the remaining weights scaled to sum 1, so the value depends on the patch size. `scales` sets fewer.
    window, size, sigma: as of ssim. Images smaller than the filter raise ConfigError.
    With l1 this is the mixture of Zhao et al. 2017 (arXiv:1511.08861: .84 and .16), whose L1 is Gaussian-weighted and
    on [0, 1]: term gaussian_l1.
    """

    def __init__(
        self,
        *,
        window: str | Mapping[str, float] | Window = "full",
        scales: int | None = None,
        size: int = 11,
        sigma: float = 1.5,
        **common,
    ):
        super().__init__(**common)
        self.window = as_window("ms_ssim", window)
        self.size, self.sigma = gaussian("ms_ssim", size, sigma)
        self.scales = len(WEIGHTS) if scales is None else integer("ms_ssim", "scales", scales, 1, len(WEIGHTS))

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        check_side("ms_ssim", prediction, self.size)
        scales = scales_for(min(prediction.shape[-2:]), self.size, self.scales)
        x, y = (self.intensity.to_unit(image, self.window) for image in (prediction, target))
        return 1 - ms_ssim(x, y, scales, self.size, self.sigma).mean()
