"""Wasserstein loss with gradient penalty."""

from __future__ import annotations

import torch
from torch import nn

from ldct.losses.adversarial.base import Adversarial
from ldct.losses.base import check_side, integer, number


class PatchCritic(nn.Module):
    """Six 3 x 3 convolutions, every other with stride 2, and a linear score of the mean map; (N, 1, H, W) -> (N,).

    The convolutions are those of WGAN-VGG's critic at `width` 64; the mean over places in front of the linear layers
    makes any size of patch possible.
    """

    def __init__(self, width: int = 64):
        super().__init__()
        layers: list[nn.Module] = []
        channels = 1
        for k in range(3):
            for stride in (1, 2):
                layers += [nn.Conv2d(channels, width * 2**k, 3, stride, padding=1), nn.LeakyReLU(0.2)]
                channels = width * 2**k
        self.features = nn.Sequential(*layers)
        self.score = nn.Sequential(nn.Linear(channels, 16 * width), nn.LeakyReLU(0.2), nn.Linear(16 * width, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.score(self.features(image).mean((-2, -1)))[:, 0]


class WGANGP(Adversarial):
    """-mean D(prediction), the critic D minimising mean D(prediction) - mean D(target) + penalty (|grad D| - 1)^2.

    The gradient is taken at random points between the two images of a pair. The value can be negative and is no
    distance; use it beside a pixelwise or perceptual term, as 'wgan_gp + 0.1 * vgg19' (WGAN-VGG).
    penalty: weight of the gradient term; width: filters of the critic's first layer. The rest: as of Adversarial.
    """

    name = "wgan_gp"

    def __init__(self, *, penalty: float = 10.0, width: int = 16, **options):
        self.width = integer(self.name, "width", width, 1)
        super().__init__(**options)
        self.penalty = number(self.name, "penalty", penalty, 0.0)

    def build_critic(self) -> nn.Module:
        return PatchCritic(self.width)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        check_side(self.name, prediction, 8)
        return -self.critic(prediction.float()).mean().to(prediction.dtype)

    def criticise(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        share = torch.rand(len(target), 1, 1, 1).to(target)
        between = (share * target + (1 - share) * prediction).requires_grad_()
        wasserstein = self.critic(prediction).mean() - self.critic(target).mean()
        return wasserstein + self.penalty * gradient_penalty(self.critic, between)


def gradient_penalty(critic: nn.Module, image: torch.Tensor) -> torch.Tensor:
    """mean over images of (|d critic / d image|_2 - 1)^2, differentiable in the critic's weights."""
    (gradient,) = torch.autograd.grad(critic(image).sum(), image, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()
