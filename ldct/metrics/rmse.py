"""Root mean square error in HU."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import Metric, View


class RMSE(Metric):
    """sqrt(mean (prediction - reference)^2) over measured pixels, HU."""

    name, label, family, direction = "rmse", "RMSE", "fidelity", "lower"
    low, unit, mapping = 0.0, "HU", "hu"
    source = "definition"

    def score(self, state: View, prediction: View) -> float:
        difference = (prediction.pixels - state.pixels)[state.valid].astype(np.float64)
        return float(np.sqrt(np.mean(difference**2)))
