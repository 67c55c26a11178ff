"""The four linear maps of Winograd convolution between images and transformed tiles, each a sum over rows of channels.

Images are (rows, columns, channels), transformed tiles (n * n, tiles, channels), float32. Tiles of n x n pixels lie
m = n - r + 1 apart; a call takes `rows` rows of them from row `first` on. Outside the image there are zeros.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, fastmath=True)
def _add(factor, source, target):
    for channel in range(len(source)):
        target[channel] += factor * source[channel]


@numba.njit(cache=True, fastmath=True, parallel=True)
def image_to_tiles(image, padding, step, first, rows, data, tiles):
    """tiles = data @ patch @ data.T of every patch of the padded image."""
    height, width, channels = image.shape
    n, across = len(data), tiles.shape[1] // rows
    for tile in numba.prange(rows * across):
        top, left = (first + tile // across) * step - padding, tile % across * step - padding
        half = np.zeros((n, n, channels), np.float32)
        for i in range(max(0, -top), min(n, height - top)):
            for j in range(max(0, -left), min(n, width - left)):
                for p in range(n):
                    if data[p, i] != 0:
                        _add(data[p, i], image[top + i, left + j], half[p, j])
        for p in range(n):
            for q in range(n):
                target = tiles[p * n + q, tile]
                target[:] = 0
                for j in range(n):
                    if data[q, j] != 0:
                        _add(data[q, j], half[p, j], target)


@numba.njit(cache=True, fastmath=True, parallel=True)
def tiles_to_image(tiles, first, rows, output, image):
    """Blocks of the image, m x m side by side, are output @ tile @ output.T."""
    height, width, channels = image.shape
    m, n = output.shape
    across = tiles.shape[1] // rows
    for tile in numba.prange(rows * across):
        top, left = (first + tile // across) * m, tile % across * m
        half = np.zeros((m, n, channels), np.float32)
        for p in range(n):
            for q in range(n):
                for i in range(m):
                    if output[i, p] != 0:
                        _add(output[i, p], tiles[p * n + q, tile], half[i, q])
        for i in range(min(m, height - top)):
            for j in range(min(m, width - left)):
                target = image[top + i, left + j]
                target[:] = 0
                for q in range(n):
                    if output[j, q] != 0:
                        _add(output[j, q], half[i, q], target)


@numba.njit(cache=True, fastmath=True, parallel=True)
def tiles_to_image_adjoint(image, first, rows, output, tiles):
    """The transpose of `tiles_to_image`: gradients of blocks to those of tiles."""
    height, width, channels = image.shape
    m, n = output.shape
    across = tiles.shape[1] // rows
    for tile in numba.prange(rows * across):
        top, left = (first + tile // across) * m, tile % across * m
        half = np.zeros((n, m, channels), np.float32)
        for i in range(min(m, height - top)):
            for j in range(min(m, width - left)):
                for p in range(n):
                    if output[i, p] != 0:
                        _add(output[i, p], image[top + i, left + j], half[p, j])
        for p in range(n):
            for q in range(n):
                target = tiles[p * n + q, tile]
                target[:] = 0
                for j in range(m):
                    if output[j, q] != 0:
                        _add(output[j, q], half[p, j], target)


@numba.njit(cache=True, fastmath=True, parallel=True)
def image_to_tiles_adjoint(tiles, padding, step, first, rows, data, image):
    """The transpose of `image_to_tiles`, added to `image`.

    Patches overlap, those of every second row do not: rows of one parity go in parallel, in an order that is fixed.
    """
    height, width, channels = image.shape
    n, across = len(data), tiles.shape[1] // rows
    for parity in range(2):
        for pair in numba.prange((rows - parity + 1) // 2):
            row = 2 * pair + parity
            half = np.empty((n, n, channels), np.float32)
            patch = np.empty((n, n, channels), np.float32)
            top = (first + row) * step - padding
            for column in range(across):
                half[:], patch[:] = 0, 0
                for p in range(n):
                    for q in range(n):
                        for j in range(n):
                            if data[q, j] != 0:
                                _add(data[q, j], tiles[p * n + q, row * across + column], half[p, j])
                for p in range(n):
                    for i in range(n):
                        if data[p, i] != 0:
                            for j in range(n):
                                _add(data[p, i], half[p, j], patch[i, j])
                left = column * step - padding
                for i in range(max(0, -top), min(n, height - top)):
                    for j in range(max(0, -left), min(n, width - left)):
                        _add(np.float32(1), patch[i, j], image[top + i, left + j])
