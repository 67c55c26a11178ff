"""Root mean square error in HU."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS


class RMSE(Metric, declared=METRICS["rmse"]):
    """sqrt(mean (prediction - reference)^2) over measured pixels, HU."""

    def score(self, state: View, prediction: View) -> float:
        difference = (prediction.pixels - state.pixels)[state.valid].astype(np.float64)
        return float(np.sqrt(np.mean(difference**2)))
