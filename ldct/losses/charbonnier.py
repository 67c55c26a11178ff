"""Charbonnier loss."""

from __future__ import annotations

import torch

from ldct.losses.base import Loss, number


def charbonnier(d: torch.Tensor, epsilon: float) -> torch.Tensor:
    """mean sqrt(d^2 + epsilon^2); `epsilon` itself at d = 0."""
    return (d * d + epsilon * epsilon).sqrt().mean()


class Charbonnier(Loss):
    """mean sqrt(d^2 + epsilon^2), d on the standardised scale; its least value is epsilon, not 0.

    epsilon: half-width of the quadratic part, > 0; 1e-3 (0.5 HU by default) as in DiFeola's DenoTextureLoss.
    """

    def __init__(self, *, epsilon: float = 1e-3, **common):
        super().__init__(**common)
        self.epsilon = number("charbonnier", "epsilon", epsilon, 0.0, above=True)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return charbonnier(prediction - target, self.epsilon)
