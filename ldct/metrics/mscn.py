"""Mean-subtracted, contrast-normalised coefficients of natural-scene statistics."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import correlate1d

TAPS = np.exp(-0.5 * np.arange(-3, 4) ** 2 / (7 / 6) ** 2)
TAPS /= TAPS.sum()


def mscn(image: np.ndarray, mode: str) -> np.ndarray:
    """(image - local mean) / (local SD + 1), image in [0, 255], 7 x 7 Gaussian window of sigma 7/6; float32.

    mode: the border of scipy.ndimage ("constant" for zeros, "nearest" for repetition).
    """
    image = image.astype(np.float32, copy=False)
    mean = _blur(image, mode)
    deviation = np.sqrt(np.abs(_blur(image * image, mode) - mean * mean))
    return (image - mean) / (deviation + np.float32(1))


def _blur(image: np.ndarray, mode: str) -> np.ndarray:
    down = correlate1d(image, TAPS, 0, output=np.float32, mode=mode)
    return correlate1d(down, TAPS, 1, output=np.float32, mode=mode)
