"""The trunk of ResNet50 (He et al., CVPR 2016, arXiv:1512.03385) as in torchvision, its strides in the 3 x 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from ldct.pretrained.extractor import IMAGENET_MEAN, IMAGENET_SD, Frozen, wanted

DEPTHS = (3, 4, 6, 3)


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3, 1 x 1 convolutions beside a shortcut."""

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.downsample = None
        if stride != 1 or channels != 4 * width:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        shortcut = x if self.downsample is None else self.downsample(x)
        return torch.relu(self.bn3(self.conv3(y)) + shortcut)


LAYERS = tuple(f"layer{k}" for k in range(1, len(DEPTHS) + 1))


@dataclass(frozen=True)
class Input:
    """A grey image u in [0, 1] enters as (u - mean) / sd in each channel."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sd: tuple[float, float, float] = (1.0, 1.0, 1.0)


# RadImageNet's own code has (v - 127.5) * 2 / 255 of 8-bit images, which is 2 u - 1.
INPUTS = {
    "resnet50": Input(IMAGENET_MEAN, IMAGENET_SD),
    "radimagenet_resnet50": Input((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}


class ResNet50(Frozen):
    """Feature maps of frozen layers for grey images, always in evaluation mode.

    forward: (N, 1, H, W) in [0, 1] (values outside pass) -> the maps of `layers` ('layer1' to 'layer4') in their
    order, a quarter to a 32nd of the side. Layers after the last wanted one are not built. Raises ConfigError for
    unknown layers.
    """

    mean: torch.Tensor
    sd: torch.Tensor

    def __init__(self, layers: Sequence[str] = LAYERS, values: Input = Input()):
        super().__init__()
        self.layers = wanted("ResNet50", layers, LAYERS)
        self.names = LAYERS[: max(LAYERS.index(layer) for layer in layers) + 1]
        self.register_buffer("mean", torch.tensor(values.mean).view(1, 3, 1, 1), False)
        self.register_buffer("sd", torch.tensor(values.sd).view(1, 3, 1, 1), False)
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        channels = 64
        for index, (name, depth) in enumerate(zip(self.names, DEPTHS, strict=False)):
            width, blocks = 64 << index, []
            for block in range(depth):
                blocks.append(Bottleneck(channels, width, 2 if index and not block else 1))
                channels = 4 * width
            self.add_module(name, nn.Sequential(*blocks))
        self.freeze()

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        x = (image - self.mean) / self.sd
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        found = {}
        for name in self.names:
            x = found[name] = self.get_submodule(name)(x)
        return [found[layer] for layer in self.layers]
