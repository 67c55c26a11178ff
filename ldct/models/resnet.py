"""Noise subtraction of Missert et al., Fifth CT Meeting 2018, pp. 399-402; layers of ldct-benchmark's ResNet."""

from __future__ import annotations

import torch
from torch import nn

from ldct.models.initial import zero


def _block(width: int, groups: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width, 3, padding=1),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, padding=1, groups=groups),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, width, 1),
    )


class ResNet(nn.Module):
    """Noise subtraction by residual blocks with batch normalisation and grouped convolutions.

    x and the output: (N, 1, H, W), standardised intensities. The defaults are those of ldct-benchmark (128 channels,
    10 blocks, 8 groups).
    """

    multiple = 1

    def __init__(self, *, width: int = 128, blocks: int = 10, groups: int = 8):
        super().__init__()
        self.entry = nn.Conv2d(1, width, 9, padding=4)
        self.blocks = nn.ModuleList(_block(width, groups) for _ in range(blocks))
        self.exit = nn.Conv2d(width, 1, 3, padding=1)
        zero(self.exit)
        self.receptive_radius = 4 + 2 * blocks + 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.entry(x)
        for block in self.blocks:
            y = y + block(y)
        # float32 minus the network's precision is float32.
        return x - self.exit(y)
