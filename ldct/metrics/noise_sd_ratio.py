"""Ratio of noise standard deviations."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.tissue import homogeneous, local_variance, window_size

MIN_WINDOWS = 50


class NoiseSDRatio(Metric, declared=METRICS["noise_sd_ratio"]):
    """SD in homogeneous soft tissue, prediction over reference: sqrt(mean local variance), HU over HU.

    Windows of about 5 mm, the same in both images, wholly in soft tissue, of the third with the least structure in
    the smoothed reference (ldct.metrics.tissue). 1: noise as at full dose; below 1: smoother than the full dose.
    """

    def prepare(self, reference: View) -> tuple[np.ndarray, int, float]:
        chosen, size = homogeneous(reference), window_size(reference.spacing_mm)
        if chosen.sum() < MIN_WINDOWS:
            raise NoValue(f"fewer than {MIN_WINDOWS} windows in homogeneous soft tissue")
        variance = float(local_variance(reference.pixels, size)[chosen].mean())
        if variance == 0:
            raise NoValue("the reference has no noise in homogeneous soft tissue")
        return chosen, size, variance

    def score(self, state: tuple[np.ndarray, int, float], prediction: View) -> float:
        chosen, size, variance = state
        return float(np.sqrt(local_variance(prediction.pixels, size)[chosen].mean() / variance))
