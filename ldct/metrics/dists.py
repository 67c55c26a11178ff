"""Deep image structure and texture similarity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.metrics.pooling import mean_pool, viewing_factor
from ldct.pretrained import features
from ldct.pretrained.catalogue import path_of

LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
CHANNELS = (3, 64, 128, 256, 512, 512)
C = 1e-6


class L2Pool(nn.Module):
    """sqrt of the squares averaged over a 3 x 3 Hann window, every second pixel."""

    def __init__(self, channels: int):
        super().__init__()
        hann = torch.tensor([0.5, 1.0, 0.5])
        window = hann[:, None] * hann / 4
        self.register_buffer("window", window.expand(channels, 1, 3, 3).clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        window = self.get_buffer("window")
        return (nn.functional.conv2d(x * x, window, stride=2, padding=1, groups=len(window)) + 1e-12).sqrt()


class DISTS(Metric, declared=METRICS["dists"]):
    """DISTS on torchvision's VGG16 with L2 pooling and the published alpha and beta; grey replicated to RGB.

    Images are averaged to about 256 pixels first, as published (resizing to 256). Raises UnavailableError where VGG16
    or the parameters are absent.
    """

    def __init__(self, *, weights_dir: Path | None = None):
        super().__init__(weights_dir=weights_dir)
        parameters = load_file(path_of("dists", weights_dir))
        alpha, beta = (parameters[key].double().flatten() for key in ("alpha", "beta"))
        total = alpha.sum() + beta.sum()
        self.alpha, self.beta = (values.div(total).split(CHANNELS) for values in (alpha, beta))
        self.network = features.load("vgg16", weights_dir, LAYERS)
        modules: list[nn.Module] = []
        width = 0
        for module in self.network.get_submodule("features").children():
            if isinstance(module, nn.Conv2d):
                width = module.out_channels
            modules.append(L2Pool(width) if isinstance(module, nn.MaxPool2d) else module)
        self.network.features = nn.Sequential(*modules)

    def prepare(self, reference: View) -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        return [(maps, *_moments(maps)) for maps in self._features(reference)]

    def score(self, state: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]], prediction: View) -> float:
        similarity = 0.0
        for k, (x, (y, mean_y, var_y)) in enumerate(zip(self._features(prediction), state, strict=True)):
            mean_x, var_x = _moments(x)
            covariance = (x * y).mean(dim=1, dtype=torch.float64) - mean_x * mean_y
            texture = (2 * mean_x * mean_y + C) / (mean_x**2 + mean_y**2 + C)
            structure = (2 * covariance + C) / (var_x + var_y + C)
            similarity += float((self.alpha[k] * texture + self.beta[k] * structure).sum())
        return 1 - similarity

    def _features(self, image: View) -> list[torch.Tensor]:
        """The image and the maps, each (channels, pixels)."""
        seen = mean_pool(image.pixels, viewing_factor(image.pixels.shape))
        grey = torch.from_numpy(np.ascontiguousarray(seen))[None, None]
        with torch.inference_mode():
            maps = [grey.expand(-1, 3, -1, -1), *self.network(grey)]
            return [m[0].flatten(1) for m in maps]


def _moments(maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    maps = maps.double()
    return maps.mean(dim=1), maps.var(dim=1, correction=0)
