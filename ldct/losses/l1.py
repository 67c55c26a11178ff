"""Mean absolute error."""

from __future__ import annotations

import torch

from ldct.losses.base import Loss


class L1(Loss):
    """mean |d|, d = prediction - target on the standardised scale; the subgradient at d = 0 is 0."""

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.l1_loss(prediction, target)
