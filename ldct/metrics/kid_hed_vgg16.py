"""Kernel distance of deep features within a slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ldct.metrics.base import Metric, View
from ldct.metrics.feature_distribution import WEIGHTS, kernel_mmd, load, scale, vectors


class KIDHEDVGG16(Metric):
    """Squared kernel distance of the features (relu2_2 of HED's VGG16) of a slice and of its full dose, over places.

    In units of the reference's root mean square, with all pairs of places (0 for identical images). Not the KID of sets
    of photographs by Inception. Raises UnavailableError where the weights are absent.
    """

    name, label, family, direction = "kid_hed_vgg16", "KID within slice (HED VGG16)", "distribution", "lower"
    low, window = 0.0, "soft_tissue"
    source = "Binkowski et al. 2018, arXiv:1801.01401; Shaham et al. 2019, arXiv:1905.01164 (within an image)"
    licence = "MIT (weights)"
    note = f"features of {WEIGHTS}; places are the sample; soft_tissue where configured, else the first window"
    min_size, contrast = 128, True

    def __init__(self, *, weights_dir: Path | None = None):
        super().__init__(weights_dir=weights_dir)
        self.network = load(weights_dir)

    def prepare(self, reference: View) -> tuple[float, np.ndarray]:
        found = vectors(self.network, reference)
        unit = scale(found)
        return unit, found / unit

    def score(self, state: tuple[float, np.ndarray], prediction: View) -> float:
        unit, expected = state
        return kernel_mmd(vectors(self.network, prediction) / unit, expected)
