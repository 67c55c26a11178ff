"""Mean squared error."""

from __future__ import annotations

import torch

from ldct.losses.base import Loss


class MSE(Loss):
    """mean d^2, d = prediction - target on the standardised scale (1 is 502.185^2 HU^2 by default)."""

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.mse_loss(prediction, target)
