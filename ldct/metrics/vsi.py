"""Visual saliency-induced index."""

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.fft

from ldct.compiled import kernel
from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.metrics.gradients import SCHARR, gradient_magnitude
from ldct.metrics.pooling import viewing_factor, viewing_pool
from ldct.metrics.resample import linear, resample

# A grey image as RGB in the LMN space (of grey value 1).
L, M, N = 0.96, -0.01, -0.09
C1, C2, C3, BETA = 1.27, 386.0, 130.0, 0.02
OMEGA_0, SIGMA_F, SIGMA_D, SIGMA_C = 0.021, 1.34, 145.0, 0.001
SIDE = 256
EPS = float(np.finfo(np.float32).eps)
# XYZ of grey (row sums of the sRGB matrix) over the D50 white.
WHITE = np.array([0.95047 / 0.9642119944211994, 1.0000001, 1.0888292 / 0.8251882845188288])


class VSI(Metric, declared=METRICS["vsi"]):
    """VSI of grey images in [0, 255] replicated to RGB, as piq's vsi: saliency SDSP, gradients, chromaticities.

    The published index is for colour; what grey leaves of the chromaticity term is nearly 1.
    """

    def prepare(self, reference: View) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return _features(reference)

    def score(self, state: tuple[np.ndarray, np.ndarray, np.ndarray], prediction: View) -> float:
        weighted, weights = _pooled(*_features(prediction), *state, C1, C2, C3, BETA, M * M, N * N)
        return (weighted + EPS) / (weights + EPS)


def _features(image: View) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    grey = image.pixels * np.float32(255)
    factor = viewing_factor(grey.shape)
    before, after = factor // 2, (factor - 1) // 2
    saliency = viewing_pool(_saliency(image.pixels), before, after, "edge")
    seen = viewing_pool(grey, before, after, "edge")
    return saliency, seen, gradient_magnitude(seen * np.float32(L), SCHARR)


def _saliency(unit: np.ndarray) -> np.ndarray:
    """SDSP (Zhang 2013) of a grey image in [0, 1]: frequency, centre and warm-colour priors; in [0, 1], float64."""
    rows, columns = unit.shape
    small = resample(unit, linear(rows, SIDE, False), linear(columns, SIDE, False))
    lightness, a, b = _lab(small, WHITE)
    band, centre = _priors()
    first = scipy.fft.irfft2(scipy.fft.rfft2(lightness) * band[:, : SIDE // 2 + 1], s=(SIDE, SIDE))
    both = np.asarray(scipy.fft.ifft2(np.asarray(scipy.fft.fft2(a + np.complex64(1j) * b)) * band))
    frequency = np.sqrt(np.asarray(first) ** 2 + np.abs(both) ** 2)
    warmth = _scaled(a) ** 2 + _scaled(b) ** 2
    colour = -np.expm1(-warmth / SIGMA_C**2)
    large = resample(frequency * centre * colour, linear(SIDE, rows, True), linear(SIDE, columns, True))
    return _scaled(large)


def _scaled(values: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    return (values - low) / (high - low + EPS)


@cache
def _priors() -> tuple[np.ndarray, np.ndarray]:
    """Log-Gabor band (frequency 0 at the corner) and centre prior, both SIDE x SIDE."""
    axis = np.arange(-SIDE / 2, SIDE / 2) / SIDE
    radius = np.hypot(axis[:, None], axis)
    r = np.fft.ifftshift(np.where(radius <= 0.5, radius, 0.0))
    r[0, 0] = 1
    with np.errstate(divide="ignore"):
        band = np.exp(-(np.log(r / OMEGA_0) ** 2) / (2 * SIGMA_F**2))
    band[0, 0] = 0
    place = (axis * SIDE + 1) ** 2
    return band.astype(np.float32), np.exp(-(place[:, None] + place) / SIGMA_D**2)


@kernel
def _lab(unit: np.ndarray, white: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CIE L*a*b* (D50) of grey sRGB values in [0, 1]."""
    rows, columns = unit.shape
    lightness, a, b = np.empty((3, rows, columns), np.float32)
    roots = white ** (1 / 3)
    f = np.empty(3)
    for i in range(rows):
        for j in range(columns):
            g = unit[i, j]
            dark = g <= 0.04045
            value = g / 12.92 if dark else 0.0
            # The cube root of ((g + 0.055) / 1.055)^2.4 in one power.
            root = value ** (1 / 3) if dark else ((g + 0.055) / 1.055) ** 0.8
            if not dark:
                value = root * root * root
            for c in range(3):
                t = value * white[c]
                f[c] = root * roots[c] if t > 0.008856 else (903.3 * t + 16) / 116
            lightness[i, j] = 116 * f[1] - 16
            a[i, j] = 500 * (f[0] - f[1])
            b[i, j] = 200 * (f[1] - f[2])
    return lightness, a, b


@kernel
def _pooled(
    s_x: np.ndarray,
    x: np.ndarray,
    g_x: np.ndarray,
    s_y: np.ndarray,
    y: np.ndarray,
    g_y: np.ndarray,
    c1: float,
    c2: float,
    c3: float,
    beta: float,
    m: float,
    n: float,
) -> tuple[float, float]:
    weighted = weights = 0.0
    rows, columns = s_x.shape
    for i in range(rows):
        for j in range(columns):
            p, q = s_x[i, j], s_y[i, j]
            weight = max(p, q)
            a, b = np.float64(g_x[i, j]), np.float64(g_y[i, j])
            u, v = np.float64(x[i, j]), np.float64(y[i, j])
            product, squares = u * v, u * u + v * v
            colour = (2 * m * product + c3) / (m * squares + c3) * (2 * n * product + c3) / (n * squares + c3)
            gradient = (2 * a * b + c2) / (a * a + b * b + c2)
            # gradient^alpha * colour^beta in one power: alpha is 20 beta, and gradient^20 stays above 1e-60.
            fourth = (gradient * gradient) * (gradient * gradient)
            eighth = fourth * fourth
            powers = np.exp(beta * np.log(eighth * eighth * fourth * colour))
            weighted += (2 * p * q + c1) / (p * p + q * q + c1) * powers * weight
            weights += weight
    return weighted, weights
