"""Frechet distance of deep features within a slice."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.feature_distribution import WithinSlice, frechet, scale


class FIDHEDVGG16(WithinSlice, declared=METRICS["fid_hed_vgg16"]):
    """Frechet distance of the features (relu2_2 of HED's VGG16) of a slice and of its full dose, over places.

    In units of the reference's root mean square. Not the FID of sets of photographs by Inception: its values compare
    with no publication's. Raises UnavailableError where the weights are absent.
    """

    def prepare(self, reference: View) -> tuple[float, np.ndarray, np.ndarray]:
        found = self.vectors(reference)
        if len(found) < 2 * found.shape[1]:
            raise NoValue(f"{len(found)} places; needs at least {2 * found.shape[1]}")
        unit = scale(found)
        return unit, found.mean(axis=0) / unit, np.cov(found.T) / unit**2

    def score(self, state: tuple[float, np.ndarray, np.ndarray], prediction: View) -> float:
        unit, mean, covariance = state
        return frechet(self.vectors(prediction) / unit, mean, covariance)
