"""Mean deviation similarity index."""

from __future__ import annotations

import numpy as np

from ldct.compiled import kernel
from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.metrics.gradients import PREWITT, gradient_magnitude
from ldct.metrics.pooling import viewing_factor, viewing_pool

# A grey image as RGB has these luminance and two chromaticities (of grey value 1).
LUMINANCE, H, M = 0.9999, -0.01, -0.09
C1, C2, C3, ALPHA = 140.0, 55.0, 550.0, 0.6


class MDSI(Metric, declared=METRICS["mdsi"]):
    """MDSI of grey images in [0, 255], averaged to about 256 pixels; combination by sum; as piq's mdsi.

    The published index is for colour; grey replicated to three channels keeps a small chromaticity part.
    """

    def prepare(self, reference: View) -> tuple[np.ndarray, np.ndarray]:
        return _features(reference)

    def score(self, state: tuple[np.ndarray, np.ndarray], prediction: View) -> float:
        x, gx = _features(prediction)
        y, gy = state
        g_mean = gradient_magnitude((x + y) * np.float32(0.5 * LUMINANCE), PREWITT)
        similarity = _similarity(x, gx, y, gy, g_mean, C1, C2, C3, ALPHA, H * H + M * M)
        root = np.emath.power(similarity, 0.25)
        return float(np.mean(np.abs(root - root.mean())) ** 0.25)


def _features(image: View) -> tuple[np.ndarray, np.ndarray]:
    factor = viewing_factor(image.pixels.shape)
    seen = viewing_pool(image.pixels * np.float32(255), (factor - 1) // 2, factor // 2, "constant")
    return seen, gradient_magnitude(seen * np.float32(LUMINANCE), PREWITT)


@kernel
def _similarity(
    x: np.ndarray,
    gx: np.ndarray,
    y: np.ndarray,
    gy: np.ndarray,
    g_mean: np.ndarray,
    c1: float,
    c2: float,
    c3: float,
    alpha: float,
    chroma: float,
) -> np.ndarray:
    out = np.empty(x.shape)
    rows, columns = x.shape
    for i in range(rows):
        for j in range(columns):
            a, b, m = np.float64(gx[i, j]), np.float64(gy[i, j]), np.float64(g_mean[i, j])
            total = (2 * a * b + c1) / (a * a + b * b + c1)
            total += (2 * a * m + c2) / (a * a + m * m + c2) - (2 * b * m + c2) / (b * b + m * m + c2)
            u, v = np.float64(x[i, j]), np.float64(y[i, j])
            colour = (2 * chroma * u * v + c3) / (chroma * (u * u + v * v) + c3)
            out[i, j] = alpha * total + (1 - alpha) * colour
    return out
