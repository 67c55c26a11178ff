"""What the spread across an edge says: the transfer function, and the frequency at which it falls to one half."""

from __future__ import annotations

import numpy as np
from scipy.signal.windows import tukey

# Distance of the samples of every edge spread function.
STEP_MM = 0.1


def transfer(spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in 1/mm and the transfer function, 1 at 0, of an edge spread function sampled every STEP_MM.

    The derivative of the spread, under a Tukey window against what noise is left, through the FFT. (Richard et al.
    2012, Med Phys 39:4115, for the method)
    """
    line = np.diff(spread) * tukey(len(spread) - 1, 0.5)
    padded = 4096
    response = np.abs(np.fft.rfft(line, padded))
    return np.fft.rfftfreq(padded, STEP_MM), response / max(response[0], np.finfo(float).tiny)


def frequency_at_half(spread: np.ndarray) -> float:
    """Frequency in 1/mm at which the transfer function falls to one half; NaN where it does not."""
    f, response = transfer(spread)
    below = np.flatnonzero(response < 0.5)
    if not len(below) or below[0] == 0:
        return float("nan")
    k = below[0]
    return float(f[k - 1] + (response[k - 1] - 0.5) / (response[k - 1] - response[k]) * (f[k] - f[k - 1]))
