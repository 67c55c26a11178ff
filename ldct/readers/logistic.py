"""Monotone logistic map from a metric to reader scores, fitted where it is not judged."""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares
from scipy.special import expit

# More than so many groups are held out several at once.
FOLDS = 20


class Logistic:
    """score = low + (high - low) / (1 + exp(-(x - centre) / width)) + slope * x, never decreasing.

    slope is 0 with `parameters` 4, the function of ITU-T P.1401 and VQEG; with 5 it is fitted, not below 0 (Sheikh,
    Sabir & Bovik 2006, IEEE TIP 15:3440, there unbounded). `x` must be oriented so that more is better.
    """

    def __init__(self, x: np.ndarray, score: np.ndarray, parameters: int = 4):
        """Fit to metric values `x` and mean scores (images,) by least squares.

        With constant x or no more images than parameters it gives the mean score. Raises ValueError for other
        `parameters` than 4 and 5.
        """
        if parameters not in (4, 5):
            raise ValueError(f"a logistic of {parameters} parameters; expected 4 or 5")
        self.shift, scale = float(np.mean(x)), float(np.std(x))
        self.scale = scale if scale > 0 else 1.0
        self.flat = scale == 0 or len(x) <= parameters
        self.mean = float(np.mean(score))
        if self.flat:
            return
        z = (x - self.shift) / self.scale
        low, high = float(score.min()), float(score.max())
        spread = max(high - low, 1e-9)
        least, most = [low - 3 * spread, 0.0, -10.0, np.log(0.02), 0.0], [high, 10 * spread, 10.0, np.log(30.0), spread]
        best = None
        for width in (0.3, 1.0, 3.0):
            start = np.array([low, spread, 0.0, np.log(width), 0.0])[:parameters]
            bounds = (least[:parameters], most[:parameters])
            fit = least_squares(
                lambda q: _curve(q, z) - score,
                start,
                jac=lambda q: _slopes(q, z),  # pyright: ignore[reportArgumentType]
                bounds=bounds,
                ftol=1e-6,
                xtol=1e-6,
                max_nfev=100,
            )
            if best is None or fit.cost < best.cost:
                best = fit
        assert best is not None
        self.parameters = best.x

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Predicted score of metric values `x`."""
        if self.flat:
            return np.full(np.shape(x), self.mean)
        return _curve(self.parameters, (np.asarray(x) - self.shift) / self.scale)


def out_of_fold(x: np.ndarray, score: np.ndarray, groups: np.ndarray, parameters: int = 4) -> np.ndarray:
    """Predicted scores of all images, each from a map fitted without its group (patient); at most FOLDS maps."""
    predicted = np.full(len(x), np.nan)
    number = np.unique(groups, return_inverse=True)[1]
    for fold in range(min(FOLDS, number.max() + 1)):
        held = number % FOLDS == fold
        if (~held).any():
            predicted[held] = Logistic(x[~held], score[~held], parameters)(x[held])
    return predicted


def _curve(q: np.ndarray, z: np.ndarray) -> np.ndarray:
    slope = q[4] if len(q) == 5 else 0.0
    return q[0] + q[1] * expit((z - q[2]) / np.exp(q[3])) + slope * z


def _slopes(q: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Derivatives of `_curve` by its parameters, (images, parameters)."""
    t = (z - q[2]) / np.exp(q[3])
    s = expit(t)
    bend = q[1] * s * (1 - s)
    columns = [np.ones_like(z), s, -bend / np.exp(q[3]), -bend * t, z]
    return np.stack(columns[: len(q)], axis=1)
