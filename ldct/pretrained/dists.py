"""DISTS (Ding, Ma, Wang, Simoncelli, IEEE TPAMI 44(5):2567, 2022, arXiv:2004.07728) on checked weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from ldct.pretrained.catalogue import path_of
from ldct.pretrained.features import load, read_tensors
from ldct.pretrained.vgg import WIDTHS

LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
C1 = C2 = 1e-6


class L2Pool(nn.Module):
    """Root of the Hann-weighted mean of squares, halving the sides (Hénaff & Simoncelli 2016)."""

    kernel: torch.Tensor

    def __init__(self):
        super().__init__()
        taps = torch.tensor([0.25, 0.5, 0.25])
        self.register_buffer("kernel", torch.outer(taps, taps)[None, None], persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel = self.kernel.to(x.dtype).expand(x.shape[1], -1, -1, -1)
        return (F.conv2d(x * x, kernel, stride=2, padding=1, groups=x.shape[1]) + 1e-12).sqrt()


class DISTS(nn.Module):
    """DISTS of grey images: forward(x, y) -> (N,), 0 at equality; both (N, 1, H, W) in [0, 1].

    Eqs. 5 to 7, with the fitted alpha and beta of the authors' package. Raises UnavailableError where ImageNet VGG16
    or they are absent.
    """

    alpha: torch.Tensor
    beta: torch.Tensor

    def __init__(self, weights_dir: Path | None):
        super().__init__()
        self.extractor = load("vgg16", weights_dir, LAYERS, pool=L2Pool)
        weights = read_tensors(path_of("dists", weights_dir))
        total = weights["alpha"].sum() + weights["beta"].sum()
        self.register_buffer("alpha", weights["alpha"].flatten() / total, persistent=False)
        self.register_buffer("beta", weights["beta"].flatten() / total, persistent=False)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return self.compare(self.features(x), self.features(y))

    def features(self, image: torch.Tensor) -> list[Maps]:
        """The image and its maps, each by means, deviations and variances; image: (N, 1, H, W) in [0, 1]."""
        return [Maps.of(maps) for maps in (image.expand(-1, 3, -1, -1), *self.extractor(image))]

    def compare(self, ours: list[Maps], theirs: list[Maps]) -> torch.Tensor:
        """DISTS of two images' `features`, (N,)."""
        sizes = (3, *WIDTHS)
        similarity = ours[0].mean.new_zeros(len(ours[0].mean))
        weights = zip(self.alpha.split(sizes), self.beta.split(sizes), strict=True)
        for a, b, (alpha, beta) in zip(ours, theirs, weights, strict=True):
            covariance = (a.deviation * b.deviation).mean((2, 3))
            structure = (2 * covariance + C2) / (a.variance + b.variance + C2)
            texture = (2 * a.mean * b.mean + C1) / (a.mean**2 + b.mean**2 + C1)
            similarity = similarity + texture @ alpha + structure @ beta
        return 1 - similarity


@dataclass(frozen=True, eq=False)
class Maps:
    """Maps of a layer: mean and variance over places (N, C), deviation from the mean (N, C, H, W)."""

    mean: torch.Tensor
    deviation: torch.Tensor
    variance: torch.Tensor

    @classmethod
    def of(cls, maps: torch.Tensor) -> Maps:
        mean = maps.mean((2, 3))
        deviation = maps - mean[..., None, None]
        return cls(mean, deviation, deviation.square().mean((2, 3)))
