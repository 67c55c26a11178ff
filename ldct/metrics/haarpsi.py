"""Haar wavelet-based perceptual similarity index."""

from __future__ import annotations

import numpy as np

from ldct.compiled import kernel
from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.metrics.haar import haar_magnitudes
from ldct.metrics.pooling import halve_zero_padded


class HaarPSI(Metric, declared=METRICS["haarpsi"]):
    """HaarPSI of greyscale images scaled to [0, 255], after 2 x 2 averaging, C = 30, alpha = 4.2; as piq's haarpsi."""

    c, alpha = 30.0, 4.2

    def prepare(self, reference: View) -> np.ndarray:
        return _coefficients(reference)

    def score(self, state: np.ndarray, prediction: View) -> float:
        weighted, weights = _pooled(_coefficients(prediction), state, self.c, self.alpha)
        eps = float(np.finfo(np.float32).eps)
        share = (weighted + eps) / (weights + eps)
        return float((np.log(share / (1 - share)) / self.alpha) ** 2)


def _coefficients(image: View) -> np.ndarray:
    return haar_magnitudes(halve_zero_padded(image.pixels * np.float32(255)))


@kernel
def _pooled(x: np.ndarray, y: np.ndarray, c: float, alpha: float) -> tuple[float, float]:
    weighted = weights = 0.0
    _, rows, columns = x.shape
    for o in range(2):
        for i in range(rows):
            for j in range(columns):
                similarity = 0.0
                for s in range(2):
                    a, b = np.float64(x[o + 2 * s, i, j]), np.float64(y[o + 2 * s, i, j])
                    similarity += (2 * a * b + c) / (a * a + b * b + c)
                weight = max(x[o + 4, i, j], y[o + 4, i, j])
                if weight > 0:
                    weighted += weight / (1.0 + np.exp(-alpha * similarity / 2))
                    weights += weight
    return weighted, weights
