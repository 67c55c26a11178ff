"""L1 distance of Sobel gradients."""

from __future__ import annotations

import torch

from ldct.losses.base import Loss, check_side
from ldct.losses.filters import separable

SMOOTH, DIFFERENCE = (1.0, 2.0, 1.0), (-1.0, 0.0, 1.0)


def sobel(image: torch.Tensor) -> torch.Tensor:
    """Gradients (2, N, 1, H - 2, W - 2) of (N, 1, H, W): along columns, then along rows; no padding."""
    return torch.stack([separable(image, SMOOTH, DIFFERENCE, "valid"), separable(image, DIFFERENCE, SMOOTH, "valid")])


class Sobel(Loss):
    """mean |Sobel_x d| + |Sobel_y d| over pixels, halved; 0 at equality and for a constant offset.

    The kernels are the unnormalised [1 2 1] x [-1 0 1], so a step of 1 counts 4. Sobel is linear: the distance of
    gradients is the gradient of the distance. Images below 3 x 3 raise ConfigError.
    """

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        check_side("sobel", prediction, 3)
        return sobel(prediction - target).abs().mean()
