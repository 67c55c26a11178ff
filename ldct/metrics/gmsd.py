"""Gradient magnitude similarity deviation."""

from __future__ import annotations

import numpy as np

from ldct.compiled import kernel
from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.metrics.gradients import PREWITT, gradient_magnitude
from ldct.metrics.pooling import halve_zero_padded

T = 170 / 255**2


class GMSD(Metric, declared=METRICS["gmsd"]):
    """SD over the image of the similarity of Prewitt gradient magnitudes after 2 x 2 averaging; as piq's gmsd."""

    def prepare(self, reference: View) -> np.ndarray:
        return gradient_magnitude(halve_zero_padded(reference.pixels), PREWITT)

    def score(self, state: np.ndarray, prediction: View) -> float:
        return similarity_deviation(gradient_magnitude(halve_zero_padded(prediction.pixels), PREWITT), state, T, 0.0)


@kernel
def similarity_deviation(x: np.ndarray, y: np.ndarray, constant: float, alpha: float) -> float:
    """SD of ((2 - alpha) x y + c) / (x^2 + y^2 - alpha x y + c) over two gradient magnitude maps."""
    total = squares = 0.0
    rows, columns = x.shape
    for i in range(rows):
        for j in range(columns):
            a, b = np.float64(x[i, j]), np.float64(y[i, j])
            # Distance from 1, so that the two sums do not cancel.
            d = (a - b) ** 2 / (a * a + b * b - alpha * a * b + constant)
            total += d
            squares += d * d
    n = rows * columns
    return np.sqrt(max(squares / n - (total / n) ** 2, 0.0))
