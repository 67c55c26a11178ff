"""EfficientNet-Lite0 (Tan & Le, arXiv:1905.11946, without squeeze-excitation, ReLU6) as a feature extractor."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ldct.errors import ConfigError
from ldct.pretrained.extractor import Frozen, wanted

# Blocks, kernel, stride of the first, expansion, channels; stage1 follows a stem of 32 channels at half the side.
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192))
LAYERS = ("stem", *(f"stage{k}" for k in range(1, len(STAGES) + 1)))
EPSILON = 1e-3


class Convolution(nn.Sequential):
    """Padding, convolution, batch normalisation and, with `active`, ReLU6; a stride of 2 pads as TensorFlow does."""

    def __init__(self, channels: int, width: int, kernel: int, stride: int = 1, groups: int = 1, active: bool = True):
        before, after = (kernel - stride) // 2, (kernel - stride + 1) // 2
        pad = nn.ZeroPad2d((before, after, before, after)) if kernel > 1 else nn.Identity()
        conv = nn.Conv2d(channels, width, kernel, stride, groups=groups, bias=False)
        super().__init__(pad, conv, nn.BatchNorm2d(width, EPSILON), nn.ReLU6() if active else nn.Identity())


class Block(nn.Module):
    """Inverted residual: widen, filter each channel, project; a shortcut where the shape stays."""

    def __init__(self, channels: int, width: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        inner = channels * expansion
        self.expand = Convolution(channels, inner, 1) if expansion > 1 else nn.Identity()
        self.depthwise = Convolution(inner, inner, kernel, stride, groups=inner)
        self.project = Convolution(inner, width, 1, active=False)
        self.shortcut = stride == 1 and channels == width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.shortcut else y


class EfficientNetLite0(Frozen):
    """Feature maps of frozen stages for grey images, always in evaluation mode.

    forward: (N, 1, H, W) in [0, 1] (values outside pass) -> the maps of `layers` ('stem', 'stage1' to 'stage6') in
    their order. Grey g enters each channel as (255 g - 127) / 128. Stages after the last wanted one are not built.
    Raises ConfigError for unknown layers and images below 32 pixels a side.
    """

    def __init__(self, layers: Sequence[str]):
        super().__init__()
        self.layers = wanted("EfficientNet-Lite0", layers, LAYERS)
        self.stem = Convolution(3, 32, 3, 2)
        self.stages = nn.ModuleList()
        channels = 32
        for depth, kernel, stride, expansion, width in STAGES[: max(LAYERS.index(layer) for layer in layers)]:
            blocks = []
            for block in range(depth):
                blocks.append(Block(channels, width, kernel, 1 if block else stride, expansion))
                channels = width
            self.stages.append(nn.Sequential(*blocks))
        self.freeze()

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        if min(image.shape[-2:]) < 32:
            raise ConfigError(f"EfficientNet-Lite0 needs images of at least 32 pixels, not {tuple(image.shape[-2:])}")
        grey = (image * 255 - 127) / 128
        x = self.stem(grey.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last))
        found = {"stem": x}
        for name, stage in zip(LAYERS[1:], self.stages, strict=False):
            x = found[name] = stage(x)
        return [found[layer] for layer in self.layers]
