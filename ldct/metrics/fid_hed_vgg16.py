"""Frechet distance of deep features within a slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.feature_distribution import WEIGHTS, frechet, load, scale, vectors


class FIDHEDVGG16(Metric):
    """Frechet distance of the features (relu2_2 of HED's VGG16) of a slice and of its full dose, over places.

    In units of the reference's root mean square. Not the FID of sets of photographs by Inception: its values compare
    with no publication's. Raises UnavailableError where the weights are absent.
    """

    name, label, family, direction = "fid_hed_vgg16", "FID within slice (HED VGG16)", "distribution", "lower"
    low, window = 0.0, "soft_tissue"
    source = "Heusel et al. 2017, arXiv:1706.08500; Shaham et al. 2019, arXiv:1905.01164 (within an image)"
    licence = "MIT (weights)"
    note = f"features of {WEIGHTS}; places are the sample; soft_tissue where configured, else the first window"
    min_size, contrast = 128, True

    def __init__(self, *, weights_dir: Path | None = None):
        super().__init__(weights_dir=weights_dir)
        self.network = load(weights_dir)

    def prepare(self, reference: View) -> tuple[float, np.ndarray, np.ndarray]:
        found = vectors(self.network, reference)
        if len(found) < 2 * found.shape[1]:
            raise NoValue(f"{len(found)} places; needs at least {2 * found.shape[1]}")
        unit = scale(found)
        return unit, found.mean(axis=0) / unit, np.cov(found.T) / unit**2

    def score(self, state: tuple[float, np.ndarray, np.ndarray], prediction: View) -> float:
        unit, mean, covariance = state
        return frechet(vectors(self.network, prediction) / unit, mean, covariance)
