"""Mean absolute error in HU."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import Metric, View


class MAE(Metric):
    """mean |prediction - reference| over measured pixels, HU."""

    name, label, family, direction = "mae", "MAE", "fidelity", "lower"
    low, unit, mapping = 0.0, "HU", "hu"
    source = "definition"

    def score(self, state: View, prediction: View) -> float:
        difference = (prediction.pixels - state.pixels)[state.valid]
        return float(np.mean(np.abs(difference), dtype=np.float64))
