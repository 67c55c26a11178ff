"""Charbonnier distance of Laplacians."""

from __future__ import annotations

import torch

from ldct.losses.base import Loss, number
from ldct.losses.charbonnier import charbonnier
from ldct.losses.filters import band_matrix

BINOMIAL = (0.05, 0.25, 0.4, 0.25, 0.05)


def laplacian(image: torch.Tensor) -> torch.Tensor:
    """The finest level of the Laplacian pyramid of (N, 1, H, W), same shape: image - expand(reduce(image)).

    Burt & Adelson, IEEE TCOM 31(4):532, 1983, with their generating kernel a = .4 and replicated borders.
    """
    rows, columns = (_smooth_twice(side, image) for side in image.shape[-2:])
    return image - rows @ image @ columns.T


def _smooth_twice(side: int, like: torch.Tensor) -> torch.Tensor:
    """Filter, keep every other sample (doubled, zeros between), filter: one axis as a matrix."""
    smooth = band_matrix(BINOMIAL, side, "replicate", like.dtype, like.device)
    kept = torch.zeros(side, dtype=like.dtype, device=like.device)
    kept[::2] = 2
    return smooth @ (kept[:, None] * smooth)


class Laplacian(Loss):
    """mean sqrt(lap(d)^2 + epsilon^2); its least value is epsilon. Blind to a constant offset of even-sided images'
    interior, so use it beside a pixelwise term.

    epsilon: > 0, on the standardised scale.
    """

    def __init__(self, *, epsilon: float = 1e-3, **common):
        super().__init__(**common)
        self.epsilon = number("laplacian", "epsilon", epsilon, 0.0, above=True)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return charbonnier(laplacian(prediction - target), self.epsilon)
