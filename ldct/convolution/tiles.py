"""The linear maps of Winograd convolution between images and transformed tiles, each a sum over rows of channels.

Images are (rows, columns, channels), tiles (n * n, tiles, channels), float32. matrix: (n, k). Patches of k x k pixels
lie `step` apart, the first `padding` outside the image, where there are zeros; a call takes `rows` rows of them from
row `first` on.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, fastmath=True)
def _add(factor, source, target):
    for channel in range(len(source)):
        target[channel] += factor * source[channel]


@numba.njit(cache=True, fastmath=True, parallel=True)
def image_to_tiles(image, padding, step, first, rows, matrix, tiles):
    """tiles = matrix @ patch @ matrix.T."""
    height, width, channels = image.shape
    n, k = matrix.shape
    across = tiles.shape[1] // rows
    for tile in numba.prange(rows * across):
        top, left = (first + tile // across) * step - padding, tile % across * step - padding
        half = np.zeros((n, k, channels), np.float32)
        for i in range(max(0, -top), min(k, height - top)):
            for j in range(max(0, -left), min(k, width - left)):
                for p in range(n):
                    if matrix[p, i] != 0:
                        _add(matrix[p, i], image[top + i, left + j], half[p, j])
        for p in range(n):
            for q in range(n):
                target = tiles[p * n + q, tile]
                target[:] = 0
                for j in range(k):
                    if matrix[q, j] != 0:
                        _add(matrix[q, j], half[p, j], target)


@numba.njit(cache=True, fastmath=True, parallel=True)
def add_tiles_to_image(tiles, padding, step, first, rows, matrix, image):
    """The transpose of `image_to_tiles`: adds matrix.T @ tile @ matrix to each patch.

    Where patches overlap, every second one of every second row does not (k <= 2 step): these go in parallel, the four
    kinds one after another, so that the order of the sums is fixed.
    """
    height, width, channels = image.shape
    n, k = matrix.shape
    across = tiles.shape[1] // rows
    apart = 1 if k <= step else 2
    for kind in range(apart * apart):
        columns = (across - kind % apart + apart - 1) // apart
        for number in numba.prange((rows - kind // apart + apart - 1) // apart * columns):
            row, column = kind // apart + apart * (number // columns), kind % apart + apart * (number % columns)
            half = np.zeros((n, k, channels), np.float32)
            for p in range(n):
                for q in range(n):
                    for j in range(k):
                        if matrix[q, j] != 0:
                            _add(matrix[q, j], tiles[p * n + q, row * across + column], half[p, j])
            top, left = (first + row) * step - padding, column * step - padding
            for i in range(max(0, -top), min(k, height - top)):
                for j in range(max(0, -left), min(k, width - left)):
                    for p in range(n):
                        if matrix[p, i] != 0:
                            _add(matrix[p, i], half[p, j], image[top + i, left + j])
