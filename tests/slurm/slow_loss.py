"""A loss that takes its time without using the processor: its training outlasts any machine's two minutes."""

from __future__ import annotations

import time

from torch import Tensor, nn

from ldct.intensity import Intensity


class Slow(nn.Module):
    """mean |prediction - target|, `seconds` late."""

    def __init__(self, *, intensity: Intensity | None = None, weights_dir=None, seconds: float = 5.0):
        super().__init__()
        self.seconds = seconds

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        time.sleep(self.seconds)
        return (prediction - target).abs().mean()
