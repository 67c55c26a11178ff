"""Separable filtering of single-channel images by two matrix products.

A banded matrix on either side is many times faster on patches than a convolution with one channel, forward and back.
"""

from __future__ import annotations

import functools

import torch


@functools.lru_cache(maxsize=64)
def band_matrix(
    taps: tuple[float, ...], length: int, mode: str, dtype: torch.dtype, device: torch.device
) -> torch.Tensor:
    """The correlation of a signal of `length` with `taps` as a matrix (rows: output samples).

    mode: 'valid' keeps samples that the filter covers; 'zero' pads with zeros to equal length, 'replicate' with the
    border sample. Raises ValueError where 'valid' leaves nothing.
    """
    width = len(taps)
    if mode == "valid" and length < width:
        raise ValueError(f"an image side of {length} is smaller than the filter of {width}")
    offset = 0 if mode == "valid" else width // 2
    rows = length - width + 1 if mode == "valid" else length
    matrix = torch.zeros(rows, length, dtype=torch.float64)
    for row in range(rows):
        for k, tap in enumerate(taps):
            column = row - offset + k
            if mode == "replicate":
                column = min(max(column, 0), length - 1)
            if 0 <= column < length:
                matrix[row, column] += tap
    return matrix.to(device=device, dtype=dtype)


def separable(image: torch.Tensor, rows: tuple[float, ...], columns: tuple[float, ...], mode: str) -> torch.Tensor:
    """Correlate (..., H, W) with the outer product of `rows` (along H) and `columns` (along W)."""
    down = band_matrix(rows, image.shape[-2], mode, image.dtype, image.device)
    across = band_matrix(columns, image.shape[-1], mode, image.dtype, image.device)
    return down @ image @ across.T


@functools.lru_cache(maxsize=16)
def gaussian_taps(size: int, sigma: float) -> tuple[float, ...]:
    """A Gaussian at whole steps from its centre, summing to 1."""
    steps = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    taps = torch.exp(-(steps**2) / (2 * sigma**2))
    return tuple((taps / taps.sum()).tolist())
