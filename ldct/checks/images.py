"""Slices that look enough like CT for losses and metrics to work on."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

FULL_NOISE_HU, LOW_NOISE_HU = 12.0, 36.0
SPACING_MM = (0.7, 0.7)


def ct_pair(side: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Full- and low-dose slice, float32 HU (side, side): a trunk with fat, muscle, lungs, vessels and bone in air."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    hu = np.full((side, side), -1000.0)

    def put(row: float, column: float, height: float, width: float, value: float) -> None:
        hu[((y - row) / height) ** 2 + ((x - column) / width) ** 2 < 1] = value

    put(0, 0, 0.88, 0.94, -100)
    put(0, 0, 0.78, 0.84, 50)
    for column in (-0.42, 0.42):
        put(-0.2, column, 0.4, 0.28, -830)
    put(0.55, 0, 0.14, 0.14, 500)
    for _ in range(24):
        row, column = rng.uniform(-0.7, 0.7, 2)
        radius = rng.uniform(0.015, 0.06)
        put(row, column, radius, radius, rng.choice([-90.0, 90.0, 180.0]))
    clean = gaussian_filter(hu, 0.8)
    return tuple(  # pyright: ignore[reportReturnType]
        np.float32(clean + sd * _texture(clean.shape, rng)) for sd in (FULL_NOISE_HU, LOW_NOISE_HU)
    )


def patch_pairs(size: int, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Full- and low-dose patches, float32 HU (count, 1, size, size), each the middle of a slice of its own."""
    side = max(256, size)
    start = (side - size) // 2
    middle = slice(start, start + size)
    pairs = [ct_pair(side, seed + k) for k in range(count)]
    full, low = (np.stack([pair[dose][None, middle, middle] for pair in pairs]) for dose in (0, 1))
    return full, low


def _texture(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    noise = gaussian_filter(rng.standard_normal(shape), 0.7)
    return noise / noise.std()
