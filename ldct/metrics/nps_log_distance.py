"""Distance of noise power spectra."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.nps import Patches, homogeneous_patches, noise_power_spectrum, radial


class NPSLogDistance(Metric, declared=METRICS["nps_log_distance"]):
    """RMS over radial frequencies of ln(NPS of the prediction / NPS of the reference), homogeneous soft tissue.

    0 where noise has the magnitude and the texture of full dose; ln 4 for white noise of twice the SD.
    """

    def prepare(self, reference: View) -> tuple[Patches, np.ndarray]:
        patches = homogeneous_patches(reference)
        curve = radial(noise_power_spectrum(reference, patches), reference.spacing_mm)
        if curve.min() <= 0:
            raise NoValue("the reference has no noise in homogeneous soft tissue")
        return patches, np.log(curve)

    def score(self, state: tuple[Patches, np.ndarray], prediction: View) -> float:
        patches, expected = state
        curve = radial(noise_power_spectrum(prediction, patches), patches.spacing_mm)
        if curve.min() <= 0:
            raise NoValue("the image has no noise at some frequency: the logarithm is infinite")
        return float(np.sqrt(np.mean((np.log(curve) - expected) ** 2)))
