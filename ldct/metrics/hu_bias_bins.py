"""Bias of HU over the whole range, bin by bin."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS

EDGES_HU = (-1024.0, -500.0, -200.0, 200.0, 600.0, 1900.0)
MIN_PIXELS = 100


class HUBiasBins(Metric, declared=METRICS["hu_bias_bins"]):
    """mean over HU bins of |mean(prediction - reference)| in the bin, HU.

    Bins by the 5 x 5 mean of the reference with the edges -1024, -500, -200, 200, 600 and 1900 HU; those with fewer
    than 100 measured pixels are left out. Biases of opposite sign do not cancel.
    """

    def prepare(self, reference: View) -> tuple[list[np.ndarray], np.ndarray]:
        local = uniform_filter(reference.pixels, 5, mode="nearest")
        bin_of = np.where(reference.valid, np.digitize(local, EDGES_HU), 0)
        bins = [np.flatnonzero(bin_of == k) for k in range(1, len(EDGES_HU))]
        bins = [pixels for pixels in bins if len(pixels) >= MIN_PIXELS]
        if not bins:
            raise NoValue(f"no HU bin has {MIN_PIXELS} pixels")
        return bins, reference.pixels.ravel().astype(np.float64)

    def score(self, state: tuple[list[np.ndarray], np.ndarray], prediction: View) -> float:
        bins, values = state
        difference = prediction.pixels.ravel() - values
        return float(np.mean([abs(difference[pixels].mean()) for pixels in bins]))
