"""LPIPS as a loss."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ldct.intensity import Window
from ldct.losses.base import Loss, as_window
from ldct.pretrained.lpips import LPIPS


class LPIPSAlex(Loss):
    """mean LPIPS 0.1 with AlexNet; 0 at equality.

    window: HU range that is [0, 1] for the network; values outside are not clipped. Needs torchvision's AlexNet file
    and images of at least 31 pixels a side; raises UnavailableError without the file.
    """

    backbone = "alex"

    def __init__(self, *, window: str | Mapping[str, float] | Window = "full", **common):
        super().__init__(**common)
        self.window = as_window("lpips", window)
        self.network = LPIPS(self.backbone, self.weights_dir)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        x, y = (self.intensity.to_unit(image, self.window) for image in (prediction, target))
        return self.network(x, y).mean()


class LPIPSVGG(LPIPSAlex):
    """mean LPIPS 0.1 with VGG16, which its authors recommend for optimisation; from 16 pixels a side."""

    backbone = "vgg"
