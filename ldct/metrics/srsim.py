"""Spectral residual based similarity."""

from __future__ import annotations

import math

import numpy as np
import scipy.fft
from scipy.ndimage import correlate1d, uniform_filter

from ldct.compiled import kernel
from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.metrics.gaussian import gaussian_taps
from ldct.metrics.gradients import SCHARR, gradient_magnitude
from ldct.metrics.pooling import viewing_factor, viewing_pool
from ldct.metrics.resample import cubic, resample

C1, C2 = 0.40, 225.0
SCALE = 0.25
# An even window takes a leading zero, as in MATLAB.
TAPS = np.concatenate([[0.0], gaussian_taps(10, 3.8)])
EPS = float(np.finfo(np.float32).eps)


class SRSIM(Metric, declared=METRICS["srsim"]):
    """SR-SIM of grey images in [0, 255], averaged to about 256 pixels; saliency at a quarter of that; as piq's srsim.

    Saliency is scaled to [0, 1] image by image (piq scales it over a whole batch).
    """

    def prepare(self, reference: View) -> tuple[np.ndarray, np.ndarray]:
        return _features(reference)

    def score(self, state: tuple[np.ndarray, np.ndarray], prediction: View) -> float:
        weighted, weights = _pooled(*_features(prediction), *state, C1, C2)
        return weighted / (weights + EPS)


def _features(image: View) -> tuple[np.ndarray, np.ndarray]:
    factor = viewing_factor(image.pixels.shape)
    seen = viewing_pool(image.pixels * np.float32(255), (factor - 1) // 2, factor // 2, "constant")
    return _saliency(seen), gradient_magnitude(seen, SCHARR)


def _saliency(image: np.ndarray) -> np.ndarray:
    """Spectral residual saliency (Hou and Zhang 2007) in [0, 1], float64."""
    rows, columns = image.shape
    small = [math.ceil(side * SCALE) for side in (rows, columns)]
    reduced = resample(image, cubic(rows, small[0], SCALE), cubic(columns, small[1], SCALE))
    spectrum = np.asarray(scipy.fft.fft2(reduced))
    amplitude = np.abs(spectrum)
    residual = np.log(amplitude + EPS)
    residual -= uniform_filter(residual, 3, mode="nearest")
    phase = np.where(amplitude > 0, spectrum / np.where(amplitude > 0, amplitude, 1), 1)
    response = np.abs(np.asarray(scipy.fft.ifft2(np.exp(residual) * phase))) ** 2
    response = correlate1d(correlate1d(response, TAPS, 0, mode="constant"), TAPS, 1, mode="constant")
    low, high = response.min(), response.max()
    response = (response - low) / (high - low + EPS)
    return resample(response, cubic(small[0], rows, rows / small[0]), cubic(small[1], columns, columns / small[1]))


@kernel
def _pooled(
    s_x: np.ndarray, g_x: np.ndarray, s_y: np.ndarray, g_y: np.ndarray, c1: float, c2: float
) -> tuple[float, float]:
    weighted = weights = 0.0
    rows, columns = s_x.shape
    for i in range(rows):
        for j in range(columns):
            p, q = s_x[i, j], s_y[i, j]
            a, b = np.float64(g_x[i, j]), np.float64(g_y[i, j])
            weight = max(p, q)
            similarity = (2 * p * q + c1) / (p * p + q * q + c1)
            weighted += similarity * np.sqrt((2 * a * b + c2) / (a * a + b * b + c2)) * weight
            weights += weight
    return weighted, weights
