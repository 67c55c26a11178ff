"""A residual U-Net after Ronneberger et al., MICCAI 2015 (1505.04597), with the shortcut of Jin et al., TIP 2017."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from ldct.models.initial import zero


def _double(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.ReLU(),
    )


class UNet(nn.Module):
    """Two 3 x 3 convolutions a level, max pooling down, 2 x 2 transposed convolutions up, the input added at the end.

    x and the output: (N, 1, H, W), standardised intensities, any H and W (padded inside by repeating the edge).
    `width` filters at the finest of `depth` + 1 levels, doubling downwards. No normalisation layers, so that HU are
    kept.
    """

    def __init__(self, *, width: int = 32, depth: int = 3):
        super().__init__()
        widths = [width * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(_double(a, b) for a, b in pairwise([1, *widths]))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in pairwise(widths))
        self.merge = nn.ModuleList(_double(2 * a, a) for a in widths[:-1])
        self.exit = nn.Conv2d(width, 1, 1)
        zero(self.exit)
        self.multiple = 2**depth
        self.receptive_radius = 6 * (2**depth - 1) + 2 * 2**depth

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, columns = x.shape[-2:]
        y = functional.pad(x, (0, -columns % self.multiple, 0, -rows % self.multiple), mode="replicate")
        kept = []
        for level, double in enumerate(self.down):
            y = double(functional.max_pool2d(y, 2) if level else y)
            kept.append(y)
        for level in reversed(range(len(self.up))):
            y = self.merge[level](torch.cat([kept[level], self.up[level](y)], dim=1))
        # float32 plus the network's precision is float32.
        return x + self.exit(y)[..., :rows, :columns]
