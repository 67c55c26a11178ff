"""Monotone logistic map from a metric to reader scores, fitted where it is not judged."""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares


class Logistic:
    """score = low + (high - low) / (1 + exp(-(x - centre) / width)), never decreasing; a line where it does not fit.

    The four-parameter function of ITU-T P.1401 and VQEG. `x` must be oriented so that more is better.
    """

    def __init__(self, x: np.ndarray, score: np.ndarray):
        """Fit to metric values `x` and mean scores (images,) by least squares; constant x gives the mean score."""
        self.shift, scale = float(np.mean(x)), float(np.std(x))
        self.scale = scale if scale > 0 else 1.0
        self.flat = scale == 0 or len(x) < 5
        self.mean = float(np.mean(score))
        if self.flat:
            return
        z = (x - self.shift) / self.scale
        low, high = float(score.min()), float(score.max())
        spread = max(high - low, 1e-9)
        best = None
        for width in (0.3, 1.0, 3.0):
            start = np.array([low, spread, 0.0, np.log(width)])
            bounds = ([low - 3 * spread, 0.0, -10.0, np.log(0.02)], [high, 10 * spread, 10.0, np.log(30.0)])
            fit = least_squares(lambda q: _curve(q, z) - score, start, bounds=bounds)
            if best is None or fit.cost < best.cost:
                best = fit
        assert best is not None
        self.parameters = best.x

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Predicted score of metric values `x`."""
        if self.flat:
            return np.full(np.shape(x), self.mean)
        return _curve(self.parameters, (np.asarray(x) - self.shift) / self.scale)


def out_of_fold(x: np.ndarray, score: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Predicted scores of all images, each from a map fitted without the images of its group (patient)."""
    predicted = np.full(len(x), np.nan)
    for group in np.unique(groups):
        held = groups == group
        if (~held).any():
            predicted[held] = Logistic(x[~held], score[~held])(x[held])
    return predicted


def _curve(q: np.ndarray, z: np.ndarray) -> np.ndarray:
    return q[0] + q[1] / (1 + np.exp(-np.clip((z - q[2]) / np.exp(q[3]), -60, 60)))
