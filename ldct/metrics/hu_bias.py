"""Bias of HU in soft tissue."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.tissue import SOFT_TISSUE_HU, in_range

MIN_PIXELS = 100


class HUBias(Metric, declared=METRICS["hu_bias"]):
    """mean(prediction - reference) in HU over soft tissue (5 x 5 mean of the reference in [-100, 200] HU); signed."""

    hu: ClassVar[tuple[float, float]] = SOFT_TISSUE_HU

    def prepare(self, reference: View) -> tuple[np.ndarray, np.ndarray]:
        low, high = self.hu
        chosen = in_range(reference, low, high)
        if chosen.sum() < MIN_PIXELS:
            raise NoValue(f"fewer than {MIN_PIXELS} pixels of {low:g} to {high:g} HU")
        return chosen, reference.pixels[chosen].astype(np.float64)

    def score(self, state: tuple[np.ndarray, np.ndarray], prediction: View) -> float:
        chosen, values = state
        return float(np.mean(prediction.pixels[chosen] - values))
