"""Haar wavelet coefficients at every pixel, by summed areas."""

from __future__ import annotations

import numpy as np

from ldct.compiled import kernel


@kernel
def haar_magnitudes(image: np.ndarray) -> np.ndarray:
    """|coefficients| of kernels of 2, 4 and 8 pixels; returns float32 (6, rows, columns).

    Planes 2 s and 2 s + 1 are the kernel +1/k over -1/k (rows) and its transpose at scale s, k = 2^(s + 1), placed as
    MATLAB's conv2(..., 'same') places even kernels, with zeros beyond the border.
    """
    rows, columns = image.shape
    # area[i, j] is the sum over image[: i - 4, : j - 4], with the borders continued by zeros.
    area = np.zeros((rows + 9, columns + 9))
    for i in range(rows + 8):
        run = 0.0
        for j in range(columns + 8):
            if 4 <= i < rows + 4 and 4 <= j < columns + 4:
                run += image[i - 4, j - 4]
            area[i + 1, j + 1] = area[i, j + 1] + run
    out = np.empty((6, rows, columns), np.float32)
    for s in range(3):
        k = 2 << s
        half = k // 2
        first = 4 - (half - 1)
        for i in range(rows):
            t, m, b = i + first, i + first + half, i + first + k
            for j in range(columns):
                left, middle, right = j + first, j + first + half, j + first + k
                whole = area[b, right] - area[t, right] - area[b, left] + area[t, left]
                top = area[m, right] - area[t, right] - area[m, left] + area[t, left]
                west = area[b, middle] - area[t, middle] - area[b, left] + area[t, left]
                out[2 * s, i, j] = abs(2 * top - whole) / k
                out[2 * s + 1, i, j] = abs(2 * west - whole) / k
    return out
