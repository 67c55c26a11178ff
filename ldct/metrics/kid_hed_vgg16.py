"""Kernel distance of deep features within a slice."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import View
from ldct.metrics.declared import METRICS
from ldct.metrics.feature_distribution import WithinSlice, kernel_mmd, scale


class KIDHEDVGG16(WithinSlice, declared=METRICS["kid_hed_vgg16"]):
    """Squared kernel distance of the features (relu2_2 of HED's VGG16) of a slice and of its full dose, over places.

    In units of the reference's root mean square, with all pairs of places (0 for identical images). Not the KID of sets
    of photographs by Inception. Raises UnavailableError where the weights are absent.
    """

    def prepare(self, reference: View) -> tuple[float, np.ndarray]:
        found = self.vectors(reference)
        unit = scale(found)
        return unit, found / unit

    def score(self, state: tuple[float, np.ndarray], prediction: View) -> float:
        unit, expected = state
        return kernel_mmd(self.vectors(prediction) / unit, expected)
