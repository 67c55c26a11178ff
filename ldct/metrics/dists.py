"""Deep image structure and texture similarity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.metrics.pooling import mean_pool, viewing_factor
from ldct.pretrained import dists


class DISTS(Metric, declared=METRICS["dists"]):
    """DISTS on torchvision's VGG16 with L2 pooling and the published alpha and beta; grey replicated to RGB.

    Images are averaged to about 256 pixels first, as published (resizing to 256). Raises UnavailableError where VGG16
    or the parameters are absent.
    """

    def __init__(self, *, weights_dir: Path | None = None):
        super().__init__(weights_dir=weights_dir)
        self.network = dists.DISTS(weights_dir)

    def prepare(self, reference: View) -> list[dists.Maps]:
        return self._features(reference)

    def score(self, state: list[dists.Maps], prediction: View) -> float:
        with torch.inference_mode():
            return float(self.network.compare(self._features(prediction), state))

    def _features(self, image: View) -> list[dists.Maps]:
        seen = mean_pool(image.pixels, viewing_factor(image.pixels.shape))
        with torch.inference_mode():
            return self.network.features(torch.from_numpy(np.ascontiguousarray(seen))[None, None])
