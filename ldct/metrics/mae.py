"""Mean absolute error in HU."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS


class MAE(Metric, declared=METRICS["mae"]):
    """mean |prediction - reference| over measured pixels, HU."""

    def score(self, state: View, prediction: View) -> float:
        difference = (prediction.pixels - state.pixels)[state.valid]
        return float(np.mean(np.abs(difference), dtype=np.float64))
