"""Learned perceptual image patch similarity."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from ldct.errors import UnavailableError
from ldct.metrics.base import Metric, View
from ldct.pretrained.catalogue import path_of, weight_file


class LPIPSAlex(Metric):
    """LPIPS 0.1 with the linear heads of the lpips package on torchvision's AlexNet; grey replicated to RGB, [-1, 1].

    Raises UnavailableError where the backbone's file is absent or does not fit.
    """

    name, label, family, direction = "lpips_alex", "LPIPS (AlexNet)", "perceptual", "lower"
    low, window = 0.0, "soft_tissue"
    source = "Zhang 2018, arXiv:1801.03924; heads of lpips 0.1.4"
    licence = "BSD-2-Clause (heads), terms of ImageNet (backbone)"
    note = "in one window only: soft_tissue where configured, else the first"
    min_size, contrast = 64, True
    net: ClassVar[str] = "alex"
    weights: ClassVar[str] = "alexnet"

    def __init__(self, *, weights_dir: Path | None = None):
        super().__init__(weights_dir=weights_dir)
        path = path_of(self.weights, weights_dir)
        import lpips

        # pnet_rand keeps lpips from downloading; the backbone is filled from the checked file right after.
        # The checker takes the module of this name beside this file for the package.
        made = lpips.LPIPS(net=self.net, pnet_rand=True, verbose=False)  # pyright: ignore
        self.network = made.eval().requires_grad_(False)
        backbone = self.network.net
        found = torch.load(path, map_location="cpu", weights_only=True)
        try:
            backbone.load_state_dict({key: found[f"features.{key.split('.', 1)[1]}"] for key in backbone.state_dict()})
        except (KeyError, RuntimeError) as error:
            raise UnavailableError(self.name, f"{path.name} does not fit", weight_file(self.weights).how) from error

    def prepare(self, reference: View) -> list[torch.Tensor]:
        return self._features(reference)

    def score(self, state: list[torch.Tensor], prediction: View) -> float:
        total = 0.0
        with torch.inference_mode():
            for head, x, y in zip(self.network.lins, self._features(prediction), state, strict=True):
                total += float(head((x - y) ** 2).mean(dtype=torch.float64))
        return total

    def _features(self, image: View) -> list[torch.Tensor]:
        """Maps normalised to unit length over channels."""
        grey = torch.from_numpy(image.pixels * np.float32(2) - np.float32(1))
        with torch.inference_mode():
            maps = self.network.net(self.network.scaling_layer(grey.expand(1, 3, -1, -1)))
            return [m / (m.square().sum(dim=1, keepdim=True).sqrt() + 1e-10) for m in maps]


class LPIPSVGG(LPIPSAlex):
    """LPIPS 0.1 on torchvision's VGG16."""

    name, label, net, weights = "lpips_vgg", "LPIPS (VGG16)", "vgg", "vgg16"


class LPIPSSqueeze(LPIPSAlex):
    """LPIPS 0.1 on torchvision's SqueezeNet 1.1."""

    name, label, net, weights = "lpips_squeeze", "LPIPS (SqueezeNet)", "squeeze", "squeezenet1_1"
