"""DISTS as a loss."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ldct.intensity import Window
from ldct.losses.base import Loss, as_window
from ldct.pretrained import dists


class DISTS(Loss):
    """mean DISTS; 0 at equality.

    window: HU range that is [0, 1] for the network; values outside are not clipped. Needs torchvision's VGG16 file
    and the fitted weights of DISTS; raises UnavailableError without them.
    """

    def __init__(self, *, window: str | Mapping[str, float] | Window = "full", **common):
        super().__init__(**common)
        self.window = as_window("dists", window)
        self.network = dists.DISTS(self.weights_dir)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        x, y = (self.intensity.to_unit(image, self.window) for image in (prediction, target))
        return self.network(x, y).mean()
