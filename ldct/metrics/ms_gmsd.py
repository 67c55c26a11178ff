"""Multi-scale gradient magnitude similarity deviation."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.metrics.gmsd import similarity_deviation
from ldct.metrics.gradients import PREWITT, gradient_magnitude
from ldct.metrics.pooling import halve_zero_padded

WEIGHTS = (0.096, 0.596, 0.289, 0.019)
T, ALPHA = 170.0, 0.5


class MSGMSD(Metric, declared=METRICS["ms_gmsd"]):
    """Root of the weighted mean of squared GMSD over four scales, with masking 0.5, images in [0, 255]; as piq."""

    def prepare(self, reference: View) -> list[np.ndarray]:
        return _gradients(reference)

    def score(self, state: list[np.ndarray], prediction: View) -> float:
        parts = [similarity_deviation(x, y, T, ALPHA) ** 2 for x, y in zip(_gradients(prediction), state, strict=True)]
        return float(np.sqrt(np.dot(WEIGHTS, parts)))


def _gradients(image: View) -> list[np.ndarray]:
    levels = [image.pixels * np.float32(255)]
    while len(levels) < len(WEIGHTS):
        levels.append(halve_zero_padded(levels[-1]))
    return [gradient_magnitude(level, PREWITT) for level in levels]
