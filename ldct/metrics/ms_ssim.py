"""Multi-scale structural similarity."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.metrics.gaussian import moments, pair_moments
from ldct.metrics.pooling import halve_replicated
from ldct.metrics.ssim import C1, C2, TAPS, ssim_and_contrast

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


class MSSSIM(Metric, declared=METRICS["ms_ssim"]):
    """MS-SSIM over five scales, 11 x 11 Gaussian window with sigma 1.5, data range 1; as piq.

    A negative mean of a scale counts as 0. Needs 161 pixels a side.
    """

    def prepare(self, reference: View) -> list[tuple[np.ndarray, np.ndarray]]:
        return [(y, moments(y, TAPS)) for y in _pyramid(reference.pixels)]

    def score(self, state: list[tuple[np.ndarray, np.ndarray]], prediction: View) -> float:
        value = 1.0
        for scale, (x, (y, of_y)) in enumerate(zip(_pyramid(prediction.pixels), state, strict=True)):
            whole, contrast = ssim_and_contrast(pair_moments(x, y, of_y[0], TAPS), of_y, C1, C2)
            term = whole if scale == len(WEIGHTS) - 1 else contrast
            value *= max(term, 0.0) ** WEIGHTS[scale]
        return value


def _pyramid(image: np.ndarray) -> list[np.ndarray]:
    levels = [image]
    while len(levels) < len(WEIGHTS):
        levels.append(halve_replicated(levels[-1]))
    return levels
