"""Ratio of the frequencies at which noise is strongest."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import NoValue
from ldct.metrics.declared import METRICS
from ldct.metrics.nps import peak_frequency, rings
from ldct.metrics.nps_frequency_ratio import NPSFrequencyRatio


class NPSPeakRatio(NPSFrequencyRatio, declared=METRICS["nps_peak_ratio"]):
    """Peak frequency of the radial NPS, prediction over reference, in homogeneous soft tissue; below 1: coarser noise.

    Noise that is strongest below 3 / (24 pixels), where patches of a patient hold anatomy, has no value: many
    soft kernels are such. `nps_frequency_ratio` always has one.
    """

    def frequency(self, spectrum: np.ndarray, spacing_mm: tuple[float, float]) -> float:
        found, lowest = peak_frequency(spectrum, spacing_mm), rings(spacing_mm)[0]
        if found <= lowest:
            raise NoValue(f"noise that peaks below {lowest:.2f} 1/mm, where anatomy hides it")
        return found
