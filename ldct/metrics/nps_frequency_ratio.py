"""Ratio of mean frequencies of noise."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.nps import Patches, homogeneous_patches, mean_frequency, noise_power_spectrum


class NPSFrequencyRatio(Metric, declared=METRICS["nps_frequency_ratio"]):
    """Mean frequency of the NPS, prediction over reference, in homogeneous soft tissue; below 1: coarser noise."""

    def prepare(self, reference: View) -> tuple[Patches, float]:
        patches = homogeneous_patches(reference)
        spectrum = noise_power_spectrum(reference, patches)
        if spectrum.max() == 0:
            raise NoValue("the reference has no noise in homogeneous soft tissue")
        return patches, self.frequency(spectrum, patches.spacing_mm)

    def score(self, state: tuple[Patches, float], prediction: View) -> float:
        patches, expected = state
        spectrum = noise_power_spectrum(prediction, patches)
        if spectrum.max() == 0:
            raise NoValue("the image has no noise in homogeneous soft tissue")
        return self.frequency(spectrum, patches.spacing_mm) / expected

    def frequency(self, spectrum: np.ndarray, spacing_mm: tuple[float, float]) -> float:
        """What of the NPS is compared, in 1/mm; raises NoValue."""
        return mean_frequency(spectrum, spacing_mm)
