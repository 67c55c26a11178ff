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

    def __init__(self, x: np.ndarray, score: np.ndarray, parameters: int = 4, near: Logistic | None = None):
        """Fit to metric values `x` and mean scores (images,) by least squares.

        near: a map of nearly the same images, from whose parameters the fit starts instead of from several. With
        constant x or no more images than parameters it gives the mean score. Raises ValueError for other `parameters`
        than 4 and 5.
        """
        if parameters not in (4, 5):
            raise ValueError(f"a logistic of {parameters} parameters; expected 4 or 5")
        scale = float(np.std(x))
        self.flat = scale == 0 or len(x) <= parameters
        near = None if near is None or near.flat else near
        self.shift = float(np.mean(x)) if near is None else near.shift
        self.scale = (scale if scale > 0 else 1.0) if near is None else near.scale
        self.mean = float(np.mean(score))
        if self.flat:
            return
        z = (x - self.shift) / self.scale
        low, high = float(score.min()), float(score.max())
        spread = max(high - low, 1e-9)
        least, most = [low - 3 * spread, 0.0, -10.0, np.log(0.02), 0.0], [high, 10 * spread, 10.0, np.log(30.0), spread]
        best = None
        bounds = (np.array(least[:parameters]), np.array(most[:parameters]))
        starts = [np.array([low, spread, 0.0, np.log(width), 0.0])[:parameters] for width in (0.3, 1.0, 3.0)]
        if near is not None:
            starts = [np.clip(near.parameters, *bounds)]
        for start in starts:
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
    return _predicted(x, score, folds_of(groups), parameters, None, None, {})


def folds_of(groups: np.ndarray) -> np.ndarray:
    """The fold (images,) of each image: its group's number, beyond FOLDS groups counted round again."""
    return np.unique(groups, return_inverse=True)[1] % FOLDS


def leaving_out(x: np.ndarray, score: np.ndarray, groups: np.ndarray, parameters: int = 4) -> np.ndarray:
    """`out_of_fold` of the whole sample and of the samples that lack one fold, (1 + folds, images).

    Row 1 + g has fold g neither predicted (NaN) nor fitted on. The map without folds g and h serves both rows.
    """
    fold = folds_of(groups)
    start = Logistic(x, score, parameters)
    maps: dict[frozenset[int], Logistic] = {}
    rows = [_predicted(x, score, fold, parameters, left, start, maps) for left in (None, *range(fold.max() + 1))]
    return np.stack(rows)


def _predicted(
    x: np.ndarray,
    score: np.ndarray,
    fold: np.ndarray,
    parameters: int,
    left: int | None,
    start: Logistic | None,
    maps: dict[frozenset[int], Logistic],
) -> np.ndarray:
    predicted = np.full(len(x), np.nan)
    for held in range(fold.max() + 1):
        out = frozenset({held} if left is None else {held, left})
        inside = ~np.isin(fold, list(out))
        if held == left or not inside.any():
            continue
        if out not in maps:
            maps[out] = Logistic(x[inside], score[inside], parameters, start)
        here = fold == held
        predicted[here] = maps[out](x[here])
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
