"""Texture by grey-level co-occurrence."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from ldct.intensity import Window
from ldct.losses.base import Loss, as_window, check_side, choice, integer, number

# (rows, columns) of the neighbour: 0, 90 degrees at 1, 3, 5, 7 pixels; 45, 135 at 1, 2, 4, 6 diagonal steps.
OFFSETS = tuple(
    offset
    for straight, diagonal in ((1, 1), (3, 2), (5, 4), (7, 6))
    for offset in ((0, straight), (straight, 0), (-diagonal, diagonal), (diagonal, diagonal))
)
AGGREGATES = ("average", "max", "frobenius")


def soft_levels(unit: torch.Tensor, levels: int, sigma: float) -> tuple[torch.Tensor, torch.Tensor]:
    """First and second moments of each pixel's soft grey level, two tensors shaped like `unit` ([0, 1]).

    A pixel belongs to level k in proportion to exp(-(level - k)^2 / (2 sigma^2)), memberships summing to 1. Levels
    further than 6 sigma + 1/2 away, below 2e-8 of the nearest, are left out.
    """
    level = unit * (levels - 1)
    nearest = level.detach().round()
    total, first, second = torch.zeros_like(level), torch.zeros_like(level), torch.zeros_like(level)
    reach = min(math.ceil(6 * sigma), levels - 1)
    for step in range(-reach, reach + 1):
        k = nearest + step
        member = torch.exp(((nearest - level) ** 2 - (level - k) ** 2) / (2 * sigma**2)) * ((k >= 0) & (k < levels))
        total, first, second = total + member, first + member * k, second + member * k * k
    return first / total, second / total


def contrasts(unit: torch.Tensor, levels: int, sigma: float) -> torch.Tensor:
    """GLCM contrast sum_ij (i - j)^2 p(i, j) of (N, 1, H, W) at every offset, (N, offsets).

    p is the symmetric normalised co-occurrence of soft levels. As memberships sum to 1, the sum over i and j is
    mean (m2 + m2' - 2 m1 m1') over neighbours, and the matrix itself is not needed.
    """
    first, second = soft_levels(unit, levels, sigma)
    values = []
    for down, right in OFFSETS:
        one, other = _neighbours(down, unit.shape[-2]), _neighbours(right, unit.shape[-1])
        here, there = (..., one[0], other[0]), (..., one[1], other[1])
        pairs = second[here] + second[there] - 2 * first[here] * first[there]
        values.append(pairs.mean((1, 2, 3)))
    return torch.stack(values, dim=1)


def _neighbours(step: int, side: int) -> tuple[slice, slice]:
    """Slices of the pixels and of their neighbours `step` further."""
    if step < 0:
        return slice(-step, side), slice(0, side + step)
    return slice(0, side - step), slice(step, side)


class Texture(Loss):
    """|difference of GLCM contrast| at 4 distances x 4 angles, aggregated over them; 0 at equality.

    window: images are clipped to it; levels: grey levels in it; sigma: softness, in levels. aggregate: average, max
    or frobenius (root of the sum of squares). Blind to where texture lies, so use it beside a pixelwise term.
    """

    def __init__(
        self,
        *,
        window: str | Mapping[str, float] | Window = "full",
        levels: int = 32,
        sigma: float = 0.5,
        aggregate: str = "average",
        **common,
    ):
        super().__init__(**common)
        self.window = as_window("texture", window)
        self.levels = integer("texture", "levels", levels, 2, 256)
        self.sigma = number("texture", "sigma", sigma, 0.0, above=True)
        self.aggregate = choice("texture", "aggregate", aggregate, AGGREGATES)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        check_side("texture", prediction, 8)
        units = (self.intensity.to_unit(image, self.window).clamp(0, 1) for image in (prediction, target))
        ours, theirs = (contrasts(unit, self.levels, self.sigma) for unit in units)
        distance = (ours - theirs).abs()
        if self.aggregate == "max":
            return distance.amax(1).mean()
        if self.aggregate == "frobenius":
            return torch.linalg.vector_norm(distance, dim=1).mean()
        return distance.mean()
