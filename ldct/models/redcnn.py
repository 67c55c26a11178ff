"""RED-CNN, the residual encoder-decoder of Chen et al., IEEE TMI 36(12):2524, 2017 (10.1109/TMI.2017.2715284)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from ldct.models.initial import zero


class REDCNN(nn.Module):
    """Five unpadded convolutions and five transposed ones, with shortcuts from input, layer 2 and layer 4.

    x and the output: (N, 1, H, W), standardised intensities, H and W at least 5 (kernel - 1) + 1.
    The defaults (96 filters of 5 x 5) are the paper's: 1.85 million parameters. The paper's ReLU after the last
    addition is left out, as in ldct-benchmark, since standardised intensities have both signs.
    """

    multiple = 1

    def __init__(self, *, width: int = 96, kernel: int = 5):
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, not {kernel}")
        channels = [1] + [width] * 5
        self.encoder = nn.ModuleList(nn.Conv2d(a, b, kernel) for a, b in pairwise(channels))
        channels.reverse()
        self.decoder = nn.ModuleList(nn.ConvTranspose2d(a, b, kernel) for a, b in pairwise(channels))
        zero(self.decoder[-1])
        self.receptive_radius = 5 * (kernel - 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcuts = {4: x}
        y = x
        for layer, convolution in enumerate(self.encoder):
            y = torch.relu(convolution(y))
            if layer in (1, 3):
                shortcuts[3 - layer] = y
        for layer, deconvolution in enumerate(self.decoder[:-1]):
            y = deconvolution(y)
            y = torch.relu(y + shortcuts[layer] if layer in shortcuts else y)
        # The input is float32, so that the sum is too: one bfloat16 step near water is up to 4 HU.
        return x + self.decoder[-1](y)
