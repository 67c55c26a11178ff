"""CNN-10 of Chen et al., Biomed. Opt. Express 8(2):679, 2017 (10.1364/BOE.8.000679), as in ldct-benchmark."""

from __future__ import annotations

import torch
from torch import nn

from ldct.models.initial import zero


class CNN10(nn.Module):
    """Three convolutions: 64 filters of 9 x 9, 32 of 3 x 3, one of 5 x 5, ReLU between.

    x and the output: (N, 1, H, W), standardised intensities. `residual` adds the input to the output, which the paper
    does not do.
    """

    receptive_radius = 7
    multiple = 1

    def __init__(self, *, width: int = 64, residual: bool = False):
        super().__init__()
        self.patches = nn.Conv2d(1, width, 9, padding=4)
        self.mapping = nn.Conv2d(width, max(width // 2, 1), 3, padding=1)
        self.reconstruction = nn.Conv2d(max(width // 2, 1), 1, 5, padding=2)
        self.residual = residual
        if residual:
            zero(self.reconstruction)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.patches(x))
        y = torch.relu(self.mapping(y))
        if self.residual:
            return x + self.reconstruction(y)
        # Without a shortcut the last layer makes the whole image, for which bfloat16 is too coarse.
        with torch.autocast(x.device.type, enabled=False):
            return self.reconstruction(y.float())
