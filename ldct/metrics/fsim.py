"""Feature similarity index."""

from __future__ import annotations

import numpy as np

from ldct.compiled import kernel
from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.gradients import SCHARR, gradient_magnitude
from ldct.metrics.phase_congruency import phase_congruency
from ldct.metrics.pooling import mean_pool, viewing_factor

T1, T2 = 0.85, 160.0


class FSIM(Metric, declared=METRICS["fsim"]):
    """FSIM of greyscale images scaled to [0, 255] and averaged to about 256 pixels; as piq's fsim, chromatic=False."""

    def prepare(self, reference: View) -> tuple[np.ndarray, np.ndarray]:
        return _features(reference)

    def score(self, state: tuple[np.ndarray, np.ndarray], prediction: View) -> float:
        weighted, weights = _pooled(*_features(prediction), *state, T1, T2)
        if weights == 0:
            raise NoValue("no phase congruency in either image")
        return weighted / weights


def _features(image: View) -> tuple[np.ndarray, np.ndarray]:
    seen = mean_pool(image.pixels * np.float32(255), viewing_factor(image.pixels.shape))
    return phase_congruency(seen), gradient_magnitude(seen, SCHARR)


@kernel
def _pooled(
    pc_x: np.ndarray, g_x: np.ndarray, pc_y: np.ndarray, g_y: np.ndarray, t1: float, t2: float
) -> tuple[float, float]:
    weighted = weights = 0.0
    rows, columns = pc_x.shape
    for i in range(rows):
        for j in range(columns):
            p, q = np.float64(pc_x[i, j]), np.float64(pc_y[i, j])
            a, b = np.float64(g_x[i, j]), np.float64(g_y[i, j])
            weight = max(p, q)
            similarity = (2 * p * q + t1) / (p * p + q * q + t1) * (2 * a * b + t2) / (a * a + b * b + t2)
            weighted += similarity * weight
            weights += weight
    return weighted, weights
