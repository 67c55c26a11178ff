"""Pairs of images for the losses: CT-like structure in HU with noise, and every loss that needs no weight file."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ldct.intensity import Intensity
from ldct.losses.composite import build_term
from ldct.losses.declared import TERMS

UNCERTAIN = {"terms": [{"use": "mse"}, {"use": "sobel", "weight": 0.5}]}
FREE = sorted(name for name, term in TERMS.items() if not (term.weights or term.encoder or term.critic))


def build(name: str, **options) -> torch.nn.Module:
    """A built-in loss on the default scale, made as the composite makes it."""
    if name == "uncertainty" and not options:
        options = UNCERTAIN
    return build_term(name, options, Intensity(), None)


def images(shape=(3, 64, 64), noise=60.0, seed=0) -> tuple[np.ndarray, np.ndarray]:
    """Low- and full-dose HU (N, H, W), float64, within the 'full' window: discs of tissue, lung and bone in air."""
    rng = np.random.default_rng(seed)
    _, height, width = shape
    rows, columns = np.mgrid[:height, :width]
    full = np.full(shape, -950.0)
    for image in full:
        for hu in (40.0, -800.0, 300.0, 700.0, 60.0):
            centre = rng.uniform(0, 1, 2) * (height, width)
            radius = rng.uniform(0.1, 0.45) * min(height, width)
            image[(rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2] = hu
    low = np.clip(full + noise * rng.standard_normal(shape), -1020, 1020)
    return low, full


def pair(shape=(3, 64, 64), noise=60.0, seed=0, dtype=torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    """The same, standardised, (N, 1, H, W)."""
    low, full = (Intensity().standardise(torch.from_numpy(hu))[:, None].to(dtype) for hu in images(shape, noise, seed))
    return low, full


@pytest.fixture
def unit():
    """Standardised intensities to [0, 1] of the full window, as numpy (N, H, W)."""

    def convert(x: torch.Tensor) -> np.ndarray:
        return (Intensity().to_hu(x.double().numpy())[:, 0] + 1024) / 2048

    return convert
