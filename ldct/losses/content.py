"""Where the content of a CT image matters: a weight map of the full-dose image."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ldct.losses.filters import gaussian_taps, separable

# Upper end (HU) and weight of each tissue class; what lies between organs and inside the lung counts in full.
TISSUES: Mapping[str, tuple[float, float]] = {
    "air": (-950.0, 0.0),
    "lung": (-500.0, 1.0),
    "fat": (-30.0, 0.5),
    "soft": (200.0, 1.0),
    "bone": (float("inf"), 0.5),
}
SMOOTH_TAPS, SMOOTH_SIGMA = 9, 1.5
# Gradient (HU per pixel) at which the weight of structure is half reached: an edge of about 100 HU after smoothing.
HALF_GRADIENT = 25.0


def content_map(hu: torch.Tensor, tissues: Mapping[str, float], structure: float) -> torch.Tensor:
    """Weights of the pixels of `hu` (N, 1, H, W), the same shape, at least 0, mean 1 in each image.

    The weight of the pixel's tissue class (a segmentation by HU: TISSUES), times 1 + `structure` times g / (g + 25), g
    being the gradient magnitude in HU per pixel. Both are read from the image after a Gaussian of 1.5 pixels, so that
    noise takes little part. An image of air alone weighs 1 everywhere.
    """
    taps = gaussian_taps(SMOOTH_TAPS, SMOOTH_SIGMA)
    smooth = separable(hu, taps, taps, "replicate")
    weight = torch.zeros_like(smooth)
    low = -float("inf")
    for name, (high, _) in TISSUES.items():
        weight = torch.where((smooth >= low) & (smooth < high), tissues[name], weight)
        low = high
    central = (-0.5, 0.0, 0.5)
    down, across = separable(smooth, central, (1.0,), "replicate"), separable(smooth, (1.0,), central, "replicate")
    gradient = (down.square() + across.square()).sqrt()
    weight = weight * (1 + structure * gradient / (gradient + HALF_GRADIENT))
    mean = weight.mean((-2, -1), keepdim=True)
    return torch.where(mean > 0, weight / mean.clamp_min(1e-12), 1.0)
