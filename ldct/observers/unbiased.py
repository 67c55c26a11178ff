"""d' of the CHO from few images, without resubstitution bias and with an exact interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from ldct.observers.hotelling import pooled_covariance


@dataclass(frozen=True)
class Detectability:
    """d' and AUC, each with its interval; `resubstitution` is the biased d' of training data on themselves."""

    dprime: float
    dprime_low: float
    dprime_high: float
    auc: float
    auc_low: float
    auc_high: float
    resubstitution: float


def estimate(present: np.ndarray, absent: np.ndarray, confidence: float = 0.95) -> Detectability:
    """The ideal linear observer's performance in the channels' space, for multivariate normal outputs.

    present (n1, p), absent (n0, p), independent images. With D^2 the sample Mahalanobis distance,
    n1 n0 (N - p - 1) / (N p (N - 2)) D^2 is noncentral F with (p, N - p - 1) degrees of freedom and noncentrality
    n1 n0 / N d'^2 (N = n1 + n0): inverted for the interval; (N - p - 3) / (N - 2) D^2 - p N / (n1 n0) estimates d'^2
    without bias, cut at 0. AUC = Phi(d' / sqrt 2). (Wunderlich, Noo, Gallas & Heilbrun 2015, IEEE TMI 34:453)
    Raises ValueError where N - p - 3 is not positive: too few images for so many channels.
    """
    (n1, p), n0 = present.shape, len(absent)
    n = n1 + n0
    if n - p - 3 <= 0:
        raise ValueError(f"{n} images are too few for {p} channels; give at least {p + 4}")
    difference = present.mean(0) - absent.mean(0)
    square = float(difference @ np.linalg.solve(pooled_covariance(present, absent), difference))
    share = n1 * n0 / n
    observed = share * (n - p - 1) / (p * (n - 2)) * square
    tail = (1 - confidence) / 2
    ends = [_noncentrality(observed, p, n - p - 1, level) / share for level in (1 - tail, tail)]
    d2 = max((n - p - 3) / (n - 2) * square - p / share, 0.0)
    low, value, high = np.sqrt([ends[0], d2, ends[1]])
    auc = stats.norm.cdf(np.array([low, value, high]) / np.sqrt(2))
    return Detectability(
        float(value), float(low), float(high), float(auc[1]), float(auc[0]), float(auc[2]), float(np.sqrt(square))
    )


def _noncentrality(observed: float, p: int, rest: int, level: float) -> float:
    """The noncentrality under which an F this small has probability `level`; 0 where even that is too large."""

    def excess(value: float) -> float:
        return float(stats.ncf.cdf(observed, p, rest, value)) - level

    if float(stats.f.cdf(observed, p, rest)) <= level:
        return 0.0
    high = max(1.0, 2 * p * observed)
    while excess(high) > 0:
        high *= 2
    return float(optimize.brentq(excess, 1e-9, high, xtol=1e-9 * high))  # pyright: ignore[reportArgumentType]
