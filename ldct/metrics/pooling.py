"""Mean pooling with the borders of the published code."""

from __future__ import annotations

import numpy as np


def mean_pool(image: np.ndarray, factor: int) -> np.ndarray:
    """Means of factor x factor blocks, float32; what is left over at the bottom and on the right is dropped."""
    if factor == 1:
        return image
    rows, columns = image.shape[0] // factor, image.shape[1] // factor
    cut = image[: rows * factor, : columns * factor]
    total = cut[::factor, ::factor].astype(np.float32)
    for i in range(factor):
        for j in range(factor):
            if i or j:
                total += cut[i::factor, j::factor]
    return total * np.float32(1 / factor**2)


def halve_zero_padded(image: np.ndarray) -> np.ndarray:
    """2 x 2 means; where a side is odd, a row and a column of zeros are added at the end first."""
    if image.shape[0] % 2 or image.shape[1] % 2:
        image = np.pad(image, ((0, 1), (0, 1)))
    return mean_pool(image, 2)


def halve_replicated(image: np.ndarray) -> np.ndarray:
    """2 x 2 means; where a side is odd, the first row and column are repeated at the beginning first."""
    if image.shape[0] % 2 or image.shape[1] % 2:
        image = np.pad(image, ((1, 0), (1, 0)), mode="edge")
    return mean_pool(image, 2)


def viewing_factor(shape: tuple[int, ...]) -> int:
    """By how much an image is reduced to be seen as a whole: its shorter side over 256, rounded, at least 1."""
    return max(1, round(min(shape) / 256))


def viewing_pool(image: np.ndarray, before: int, after: int, mode: str) -> np.ndarray:
    """Means of blocks of `viewing_factor` pixels, after padding each axis by `before` and `after` (numpy's `mode`)."""
    factor = viewing_factor(image.shape)
    if factor == 1:
        return image
    return mean_pool(np.pad(image, (before, after), mode=mode), factor)  # type: ignore[call-overload]
