"""The trunk of ResNet50 (He et al., CVPR 2016, arXiv:1512.03385) as in torchvision, its strides in the 3 x 3."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from ldct.pretrained.catalogue import path_of
from ldct.pretrained.features import read_tensors, unfit

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


class ResNet50(nn.Module):
    """Outputs of layers 1 to 4 for (N, 1, H, W): grey replicated, not normalised. Frozen, always in evaluation mode."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        channels = 64
        for index, depth in enumerate(DEPTHS):
            width, blocks = 64 << index, []
            for block in range(depth):
                blocks.append(Bottleneck(channels, width, 2 if index and not block else 1))
                channels = 4 * width
            self.add_module(f"layer{index + 1}", nn.Sequential(*blocks))
        self.requires_grad_(False)
        self.train(False)

    def train(self, mode: bool = True) -> ResNet50:
        """Stays in evaluation mode: batch statistics would mix the images."""
        return super().train(False)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        x = self.maxpool(torch.relu(self.bn1(self.conv1(image.expand(-1, 3, -1, -1)))))
        found = []
        for index in range(len(DEPTHS)):
            x = self.get_submodule(f"layer{index + 1}")(x)
            found.append(x)
        return found


def load_resnet50(weights_dir: Path | None) -> ResNet50:
    """ResNet50 with torchvision's ImageNet weights; raises UnavailableError where the file is absent or another's."""
    network, path = ResNet50(), path_of("resnet50", weights_dir)
    tensors = {key: value for key, value in read_tensors(path).items() if not key.startswith("fc.")}
    try:
        network.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        raise unfit("resnet50", path) from error
    return network
