"""Graded degradations of a full-dose slice, each a ladder of growing amounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter


@dataclass(frozen=True)
class Slice:
    """HU (float64, air where unmeasured), pixel spacing in mm, and the seed of its noise."""

    hu: np.ndarray
    spacing_mm: tuple[float, float]
    seed: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Degradation:
    """apply(slice, amount) returns HU, float64; `amounts` grow from the weakest rung to the strongest."""

    apply: Callable[[Slice, float], np.ndarray]
    amounts: tuple[float, ...]
    unit: str


def texture_noise(shape: tuple[int, int], seed: list[int]) -> np.ndarray:
    """Gaussian noise of SD 1, correlated over about one pixel as reconstructed CT noise is."""
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 0.7)
    return noise / noise.std()


def _noise(image: Slice, sd: float) -> np.ndarray:
    # A field of its own for each rung: one field scaled would make any measure of it monotonic.
    return image.hu + sd * texture_noise(image.hu.shape, [*image.seed, round(1000 * sd)])


def _blur(image: Slice, sigma_mm: float) -> np.ndarray:
    return gaussian_filter(image.hu, [sigma_mm / spacing for spacing in image.spacing_mm], mode="nearest")


def _shift(image: Slice, hu: float) -> np.ndarray:
    return image.hu + hu


def _contrast_loss(image: Slice, share: float) -> np.ndarray:
    """Differences from 40 HU shrink by `share` up to 200 HU away; beyond, values move by a constant."""
    return image.hu - share * np.clip(image.hu - 40, -200, 200)


def _texture_removal(image: Slice, share: float) -> np.ndarray:
    """Towards an edge-preserving smoothing: a guided filter (He 2013) of 7 x 7 pixels, edges from 50 HU up stay."""
    mean = uniform_filter(image.hu, 7, mode="nearest")
    variance = np.maximum(uniform_filter(image.hu**2, 7, mode="nearest") - mean**2, 0)
    kept = variance / (variance + 50.0**2)
    gain = uniform_filter(kept, 7, mode="nearest")
    smooth = gain * image.hu + uniform_filter((1 - kept) * mean, 7, mode="nearest")
    return image.hu + share * (smooth - image.hu)


DEGRADATIONS: dict[str, Degradation] = {
    "noise": Degradation(_noise, (5, 10, 20, 40, 80), "HU"),
    "blur": Degradation(_blur, (0.25, 0.5, 0.75, 1.0, 1.5), "mm"),
    "hu_shift": Degradation(_shift, (2, 5, 10, 20, 40), "HU"),
    "contrast_loss": Degradation(_contrast_loss, (0.05, 0.1, 0.2, 0.3, 0.5), "share"),
    "texture_removal": Degradation(_texture_removal, (0.2, 0.4, 0.6, 0.8, 1.0), "share"),
}
