"""Deep-feature distance on the VGG16 trunk of HED."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.pooling import mean_pool, viewing_factor
from ldct.pretrained import features

LAYERS = ("relu1_2", "relu2_2")


class HEDVGG16Distance(Metric, declared=METRICS["hed_vgg16_distance"]):
    """Relative distance of feature maps, averaged over relu1_2 and relu2_2 of HED's VGG16 trunk.

    Per layer ||F(prediction) - F(reference)|| / ||F(reference)||, images in [0, 1] of the window, averaged to about
    256 pixels first. The trunk is VGG16 fine-tuned for edges, not ImageNet's, so this is neither LPIPS nor a
    published VGG distance; shallow layers keep the cost at that of the other metrics. Raises UnavailableError where
    the weights are absent.
    """

    def __init__(self, *, weights_dir: Path | None = None):
        super().__init__(weights_dir=weights_dir)
        self.network = features.load("vgg16_hed", weights_dir, LAYERS)

    def prepare(self, reference: View) -> list[tuple[torch.Tensor, float]]:
        maps = [(values, _norm(values)) for values in self._features(reference)]
        if any(norm == 0 for _, norm in maps):
            raise NoValue("the network does not respond to the reference")
        return maps

    def score(self, state: list[tuple[torch.Tensor, float]], prediction: View) -> float:
        maps = self._features(prediction)
        parts = [_norm(x - y) / norm for x, (y, norm) in zip(maps, state, strict=True)]
        return float(np.mean(parts))

    def _features(self, image: View) -> list[torch.Tensor]:
        seen = mean_pool(image.pixels, viewing_factor(image.pixels.shape))
        with torch.inference_mode():
            return self.network(torch.from_numpy(np.ascontiguousarray(seen))[None, None])


def _norm(values: torch.Tensor) -> float:
    # Summed in float64: millions of float32 terms cost five digits.
    return float(torch.linalg.vector_norm(values, dtype=torch.float64))
