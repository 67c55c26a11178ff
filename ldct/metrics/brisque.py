"""Blind/referenceless image spatial quality evaluator."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import correlate1d
from scipy.special import gamma

from ldct.metrics.asymmetric_gaussian import side_moments
from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.mscn import TAPS

C = 1 / 255
SHAPES = np.geomspace(0.05, 40, 40_000)
RATIOS = gamma(2 / SHAPES) ** 2 / (gamma(1 / SHAPES) * gamma(3 / SHAPES))
# OpenCV's bicubic (a = -0.75) at half a pixel.
CUBIC = np.array([-0.09375, 0.59375, 0.59375, -0.09375])


class BRISQUE(Metric, declared=METRICS["brisque"]):
    """BRISQUE with the support vector regression (LIVE) and the features of the package brisque 0.2.0; 0 to about 100.

    Images in [0, 1] of the window. Trained on photographs with photographic distortions: exploratory on CT.
    """

    def prepare(self, reference: View) -> Any:
        return None

    def score(self, state: Any, prediction: View) -> float:
        if prediction.pixels.min() == prediction.pixels.max():
            raise NoValue("the image is constant in this window")
        model = _model()
        found = brisque_features(prediction.pixels.astype(np.float64))
        scaled = 2 * (found - model["low"]) / (model["high"] - model["low"]) - 1
        distances = np.sum((model["support"] - scaled) ** 2, axis=1)
        return float(model["coefficients"] @ np.exp(-model["gamma"] * distances) - model["rho"])


def brisque_features(image: np.ndarray) -> np.ndarray:
    """The 36 features of an image in [0, 1], 18 at full and 18 at half size."""
    return np.concatenate([_features(image), _features(_half(image))])


def _features(image: np.ndarray) -> list[float]:
    mean = _blur(image)
    coefficients = (image - mean) / (np.sqrt(np.abs(_blur(image * image) - mean * mean)) + C)
    products = (
        coefficients[:, :-1] * coefficients[:, 1:],
        coefficients[:-1] * coefficients[1:],
        coefficients[:-1, :-1] * coefficients[1:, 1:],
        coefficients[1:, :-1] * coefficients[:-1, 1:],
    )
    shape, _, left, right = _fit(coefficients)
    features = [shape, (left**2 + right**2) / 2]
    for product in products:
        shape, centre, left, right = _fit(product)
        features += [shape, centre, left**2, right**2]
    return features


def _fit(values: np.ndarray) -> tuple[float, float, float, float]:
    """Shape, mean parameter and RMS of the two sides of an asymmetric generalised Gaussian, by moments."""
    absolute, square, left, right = side_moments(np.ascontiguousarray(values).reshape(1, -1))[0]
    if left == 0 or right == 0:
        raise NoValue("local contrast has one sign only; the distribution cannot be fitted")
    skew = left / right
    ratio = absolute**2 / square * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shape = float(np.interp(ratio, RATIOS, SHAPES))
    scale = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, (right - left) * scale * gamma(2 / shape) / gamma(1 / shape), left, right


def _blur(image: np.ndarray) -> np.ndarray:
    return correlate1d(correlate1d(image, TAPS, 0, mode="constant"), TAPS, 1, mode="constant")


def _half(image: np.ndarray) -> np.ndarray:
    """Bicubic at half size without a low-pass, as cv2.resize with INTER_CUBIC."""
    for axis in (0, 1):
        count = round(image.shape[axis] / 2)
        padded = np.pad(image, [(1, 2) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        picked = [np.take(padded, np.minimum(2 * np.arange(count) + k, padded.shape[axis] - 1), axis) for k in range(4)]
        image = np.tensordot(CUBIC, picked, axes=1)
    return image


@cache
def _model() -> dict[str, np.ndarray]:
    with np.load(Path(__file__).with_name("brisque.npz")) as file:
        return {name: file[name] for name in file.files}
