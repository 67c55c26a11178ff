"""DCT subband similarity."""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import correlate1d

from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.metrics.gaussian import gaussian_taps

SIZE = 8
C_DC, C_AC = 1000.0, 300.0
WORST = 0.05
TAPS = gaussian_taps(3, 1.5)


def _dct_matrix() -> np.ndarray:
    p, q = np.arange(SIZE)[:, None], np.arange(1, 2 * SIZE, 2)
    matrix = math.sqrt(2 / SIZE) * np.cos(math.pi / (2 * SIZE) * p * q)
    matrix[0] = math.sqrt(1 / SIZE)
    return matrix


def _weights() -> np.ndarray:
    squares = (np.arange(SIZE) + 0.5) ** 2
    weights = np.exp(-(squares[:, None] + squares) / (2 * 1.55**2))
    return np.where(weights < 1e-2, 0.0, weights)


DCT = _dct_matrix()
WEIGHTS = _weights()
# Subbands that count, the constant one first.
SUBBANDS = np.argwhere(WEIGHTS > 0)


class DSS(Metric, declared=METRICS["dss"]):
    """Similarity of local variances of 8 x 8 DCT subbands, the worst 5 % of each; images in [0, 255]; as piq's dss."""

    def prepare(self, reference: View) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        y = _subbands(reference)
        mean = _blur(y)
        return y, mean, np.maximum(_blur(y * y) - mean * mean, 0.0)

    def score(self, state: tuple[np.ndarray, np.ndarray, np.ndarray], prediction: View) -> float:
        y, mean_y, var_y = state
        x = _subbands(prediction)
        mean_x = _blur(x)
        var_x = np.maximum(_blur(x * x) - mean_x * mean_x, 0.0)
        constant = np.full((len(x), 1, 1), C_AC)
        constant[0] = C_DC
        geometric = np.sqrt(var_x * var_y)
        values = _worst((2 * geometric + constant) / (var_x + var_y + constant))
        covariance = _blur(x[:1] * y[:1]) - mean_x[:1] * mean_y[:1]
        values[0] *= _worst((covariance + C_DC) / (geometric[:1] + C_DC))[0]
        weights = WEIGHTS[WEIGHTS > 0]
        return float(np.dot(values, weights / weights.sum()))


def _subbands(image: View) -> np.ndarray:
    """Coefficients of the subbands that count, float64 (subbands, blocks down, blocks across)."""
    down, across = (side // SIZE for side in image.pixels.shape)
    blocks = image.pixels[: down * SIZE, : across * SIZE].astype(np.float64) * 255
    columns_done = blocks.reshape(-1, SIZE) @ DCT.T
    planes = columns_done.reshape(down, SIZE, across, SIZE)
    whole = np.tensordot(DCT, planes, axes=(1, 1))
    return np.ascontiguousarray(whole.transpose(0, 3, 1, 2)[SUBBANDS[:, 0], SUBBANDS[:, 1]])


def _blur(planes: np.ndarray) -> np.ndarray:
    return correlate1d(correlate1d(planes, TAPS, 1, mode="constant"), TAPS, 2, mode="constant")


def _worst(similarity: np.ndarray) -> np.ndarray:
    """Mean of the lowest 5 % of each plane."""
    flat = similarity.reshape(len(similarity), -1)
    count = round(WORST * flat.shape[1])
    return np.partition(flat, count - 1, axis=1)[:, :count].mean(axis=1)
