"""Adversarial loss of U-Net critics in the image and in the gradient domain (DU-GAN)."""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from ldct.losses.adversarial.base import Adversarial
from ldct.losses.base import check_side, integer, number
from ldct.losses.sobel import sobel

LEVELS = 3


class UNetCritic(nn.Module):
    """A score of the whole image, (N,), and one of every pixel, (N, 1, H, W), of images (N, 1, H, W).

    Three convolutions of stride 2 with the mean of the coarsest map as the image's score; three steps back up, each
    joined with the map of its size. Spectrally normalised, LeakyReLU .2.
    """

    def __init__(self, width: int = 16):
        super().__init__()
        sizes = [width * 2**k for k in range(LEVELS + 1)]
        self.entry = _convolution(1, width)
        self.down = nn.ModuleList(_convolution(a, b, stride=2) for a, b in itertools.pairwise(sizes))
        self.up = nn.ModuleList(_convolution(a + b, a) for a, b in itertools.pairwise(sizes))
        self.image = spectral_norm(nn.Linear(sizes[-1], 1))
        self.pixel = spectral_norm(nn.Conv2d(width, 1, 1))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = self.entry(x)
        maps = [y]
        for step in self.down:
            y = step(y)
            maps.append(y)
        whole = self.image(y.mean((-2, -1)))[:, 0]
        for step, finer in zip(reversed(self.up), reversed(maps[:-1]), strict=True):
            y = step(torch.cat([finer, functional.interpolate(y, size=finer.shape[-2:], mode="nearest")], dim=1))
        return whole, self.pixel(y)


def _convolution(channels_in: int, channels: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        spectral_norm(nn.Conv2d(channels_in, channels, 3, stride, padding=1)), nn.LeakyReLU(0.2, inplace=True)
    )


class DUGAN(Adversarial):
    """mean over both domains of (D(prediction) - 1)^2, for the image's score and the mean over its pixels' scores.

    One critic sees the images, the other the magnitude of their Sobel gradients. Each minimises
    (D(target) - 1)^2 + D(prediction)^2 for the image's and the pixels' scores; in a share `cutmix` of its updates also,
    for images into which a rectangle of the other kind is cut, the squared distance of the pixels' scores from the
    scores cut in the same way, and D^2 of the mixed image. Zero where both critics take the prediction for full dose.
    width: filters of the critics' finest maps (64 in the paper). The rest: as of Adversarial.
    """

    name = "dugan"

    def __init__(self, *, cutmix: float = 0.5, width: int = 16, **options):
        self.width = integer(self.name, "width", width, 1)
        super().__init__(**options)
        self.cutmix = number(self.name, "cutmix", cutmix, 0.0, 1.0)

    def build_critic(self) -> nn.Module:
        return nn.ModuleDict({"image": UNetCritic(self.width), "gradient": UNetCritic(self.width)})

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        check_side(self.name, prediction, 16)
        image = prediction.float()
        seen = _domains(image)
        parts = [_squared(critic(seen[name]), 1.0) for name, critic in self._critics()]
        return torch.stack(parts).mean().to(prediction.dtype)

    def criticise(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        total = prediction.new_zeros(())
        fakes, reals = _domains(prediction), _domains(target)
        mixed = float(torch.rand(())) < self.cutmix
        for name, critic in self._critics():
            fake, real = critic(fakes[name]), critic(reals[name])
            total = total + _squared(real, 1.0) + _squared(fake, 0.0)
            if mixed:
                mask = rectangle(fakes[name].shape[-2:]).to(prediction)
                whole, pixels = critic(torch.lerp(fakes[name], reals[name], mask))
                expected = torch.lerp(fake[1], real[1], mask)
                total = total + whole.square().mean() + (pixels - expected).square().mean()
        return total

    def _critics(self) -> list[tuple[str, nn.Module]]:
        return list(self.critic.named_children())


def rectangle(shape: torch.Size | tuple[int, int]) -> torch.Tensor:
    """A mask (H, W) that is 1 in a rectangle at random, whose share of the area is uniform; from torch's generator."""
    rows, columns = int(shape[0]), int(shape[1])
    side = float(torch.rand(())) ** 0.5
    height, width = max(1, round(rows * side)), max(1, round(columns * side))
    top = int(torch.randint(rows - height + 1, ()))
    left = int(torch.randint(columns - width + 1, ()))
    mask = torch.zeros(rows, columns)
    mask[top : top + height, left : left + width] = 1
    return mask


def _domains(image: torch.Tensor) -> dict[str, torch.Tensor]:
    gradient = sobel(image).square().sum(dim=0)
    # The root has no slope at 0.
    return {"image": image, "gradient": (gradient + 1e-6).sqrt()}


def _squared(scores: tuple[torch.Tensor, torch.Tensor], goal: float) -> torch.Tensor:
    return sum(((part - goal).square().mean() for part in scores), start=scores[0].new_zeros(()))
