"""Patients resampled whole, for statistics of images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ldct.statistics.bootstrap import interval


class PatientBootstrap:
    """Weights of images in `draws` resamples of their patients."""

    def __init__(self, patients: np.ndarray, draws: int, rng: np.random.Generator):
        """patients (images,): the patient of each image."""
        names, self.patient_of = np.unique(patients, return_inverse=True)
        self.patients = len(names)
        share = np.full(self.patients, 1 / self.patients)
        self.weights = rng.multinomial(self.patients, share, size=draws).astype(float)

    def of_images(self, draw: int) -> np.ndarray:
        """Weight of each image in one resample."""
        return self.weights[draw][self.patient_of]

    def draws(self, statistic: Callable[[np.ndarray], float]) -> np.ndarray:
        """`statistic(weights of images)` in every resample (draws,)."""
        return np.array([statistic(self.of_images(draw)) for draw in range(len(self.weights))])

    def interval(self, draws: np.ndarray, confidence: float) -> tuple[float, float]:
        """Interval of `draws`, widened for few patients; NaN with fewer than two."""
        low, high = interval(draws[:, None], self.patients, confidence)
        return float(low[0]), float(high[0])


def two_sided_p(draws: np.ndarray) -> float:
    """Two-sided p that the centre of `draws` of a difference is 0; NaN without draws."""
    draws = draws[np.isfinite(draws)]
    if not len(draws):
        return float("nan")
    below = ((draws < 0).sum() + (draws == 0).sum() / 2 + 0.5) / (len(draws) + 1)
    return float(min(1.0, 2 * min(below, 1 - below)))
