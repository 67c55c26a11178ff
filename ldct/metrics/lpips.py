"""Learned perceptual image patch similarity."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import torch

from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.pretrained.lpips import LPIPS


class LPIPSAlex(Metric, declared=METRICS["lpips_alex"]):
    """LPIPS 0.1 with the linear heads of the lpips package on torchvision's AlexNet; grey replicated to RGB, [-1, 1].

    Raises UnavailableError where the backbone's file is absent or does not fit.
    """

    net: ClassVar[str] = "alex"

    def __init__(self, *, weights_dir: Path | None = None):
        super().__init__(weights_dir=weights_dir)
        self.network = LPIPS(self.net, weights_dir)

    def prepare(self, reference: View) -> list[torch.Tensor]:
        return self._features(reference)

    def score(self, state: list[torch.Tensor], prediction: View) -> float:
        with torch.inference_mode():
            return float(self.network.compare(self._features(prediction), state, torch.float64))

    def _features(self, image: View) -> list[torch.Tensor]:
        with torch.inference_mode():
            return self.network.features(torch.from_numpy(image.pixels)[None, None])


class LPIPSVGG(LPIPSAlex, declared=METRICS["lpips_vgg"]):
    """LPIPS 0.1 on torchvision's VGG16."""

    net = "vgg"


class LPIPSSqueeze(LPIPSAlex, declared=METRICS["lpips_squeeze"]):
    """LPIPS 0.1 on torchvision's SqueezeNet 1.1."""

    net = "squeeze"
