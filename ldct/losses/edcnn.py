"""The perceptual half of EDCNN's compound loss."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ldct.intensity import Window
from ldct.losses.base import Loss, as_window
from ldct.pretrained.features import load
from ldct.pretrained.resnet import LAYERS


class EDCNN(Loss):
    """mean over ResNet50's layers 1 to 4 of the mean squared difference of their outputs; 0 at equality.

    EDCNN's compound loss is 'mse + 0.01 * edcnn'. window: HU range that is [0, 1] for the network, which gets it
    without ImageNet's normalisation, as in the authors' code; values outside are not clipped. Needs torchvision's
    ResNet50 file; raises UnavailableError without it.
    """

    def __init__(self, *, window: str | Mapping[str, float] | Window = "full", **common):
        super().__init__(**common)
        self.window = as_window("edcnn", window)
        self.network = load("resnet50", self.weights_dir, LAYERS, normalised=False)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        ours, theirs = (self.network(self.intensity.to_unit(image, self.window)) for image in (prediction, target))
        parts = [torch.nn.functional.mse_loss(a, b) for a, b in zip(ours, theirs, strict=True)]
        return torch.stack(parts).mean()
