"""Whole images through a network, in overlapping tiles where memory asks for it."""

from __future__ import annotations

import torch
from torch import nn

# Feature maps that are alive at once while a network without gradients runs, with the library's working copies.
LIVE_MAPS = 6
# For networks that do not say how far a pixel's surroundings reach.
UNKNOWN_RADIUS, UNKNOWN_MULTIPLE = 64, 32


def denoise(model: nn.Module, images: torch.Tensor, memory_bytes: int) -> torch.Tensor:
    """`model` applied to (N, 1, H, W), whole where its feature maps fit into memory_bytes, else in tiles.

    Tiles overlap by the network's receptive radius and start at multiples of its stride, so that both ways give the
    same image to rounding; networks with attention over the whole image (`global_context`) come near it only.
    """
    rows, columns = images.shape[-2:]
    pixels = max(1, memory_bytes // (bytes_per_pixel(model) * len(images)))
    if rows * columns <= pixels:
        return model(images)
    radius = getattr(model, "receptive_radius", UNKNOWN_RADIUS)
    multiple = getattr(model, "multiple", UNKNOWN_MULTIPLE)
    margin = -(-radius // multiple) * multiple
    largest = max(int(pixels**0.5) - 2 * margin, margin, 32)
    height, width = (_equal_part(length, largest, multiple) for length in (rows, columns))
    result = torch.empty_like(images)
    for top in range(0, rows, height):
        for left in range(0, columns, width):
            bottom, right = min(top + height, rows), min(left + width, columns)
            first_row, first_column = max(0, top - margin), max(0, left - margin)
            tile = model(images[..., first_row : bottom + margin, first_column : right + margin])
            result[..., top:bottom, left:right] = tile[
                ..., top - first_row : bottom - first_row, left - first_column : right - first_column
            ]
    return result


def _equal_part(length: int, largest: int, multiple: int) -> int:
    """Size of nearly equal parts of `length`, multiples of `multiple`, not much above `largest`."""
    part = -(-length // -(-length // largest))
    return -(-part // multiple) * multiple


def bytes_per_pixel(model: nn.Module) -> int:
    """Estimate, in float32, from the channels at full size that the network states, else from its widest layer."""
    widest = max((p.shape[0] if p.ndim > 1 else 1 for p in model.parameters()), default=1)
    return 4 * LIVE_MAPS * int(getattr(model, "widest_map", widest))
