"""Huber loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ldct.losses.base import Loss, number


class Huber(Loss):
    """mean of d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2); d on the standardised scale.

    delta: > 0; 1 (502 HU by default) is this project's choice.
    """

    def __init__(self, *, delta: float = 1.0, **common):
        super().__init__(**common)
        self.delta = number("huber", "delta", delta, 0.0, above=True)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return F.huber_loss(prediction, target, delta=self.delta)
