"""Distributions of deep features over the places of one slice, and distances between them.

FID and KID compare sets of images by one feature vector each, which takes thousands of images. Here a slice is the set:
its feature vectors are those of the places of a feature map (SIFID, Shaham et al. 2019, arXiv:1905.01164).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ldct.metrics.base import Metric, View
from ldct.pretrained import features

LAYER = "relu2_2"
# Places of a feature map are taken so far apart that their fields of view overlap little.
STRIDE = 4
WEIGHTS = "vgg16_hed"


class WithinSlice(Metric):
    """A metric of the distribution of feature vectors over the places of a slice; raises UnavailableError."""

    def __init__(self, *, weights_dir: Path | None = None):
        super().__init__(weights_dir=weights_dir)
        self.network = features.load(WEIGHTS, weights_dir, (LAYER,))

    def vectors(self, image: View) -> np.ndarray:
        """Feature vectors (places, 128) of an image in [0, 1], float64."""
        with torch.inference_mode():
            found = self.network(torch.from_numpy(image.pixels)[None, None])[0]
        return found[0, :, ::STRIDE, ::STRIDE].flatten(1).T.double().numpy()


def scale(found: np.ndarray) -> float:
    """Root mean square of feature vectors: what distances are taken in, as a network's units mean nothing."""
    return max(float(np.sqrt(np.mean(found**2))), np.finfo(float).tiny)


def frechet(x: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> float:
    """Squared Frechet distance of normal distributions: that of vectors x (n, p), and one of given mean and covariance.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), the root's trace from the eigenvalues of C2^(1/2) C1 C2^(1/2).
    (Heusel et al. 2017, arXiv:1706.08500, eq. 6)
    """
    own = np.cov(x.T)
    values, basis = np.linalg.eigh(covariance)
    root = basis * np.sqrt(values.clip(0)) @ basis.T
    inner = np.sqrt(np.linalg.eigvalsh(root @ own @ root).clip(0)).sum()
    difference = x.mean(axis=0) - mean
    return max(float(difference @ difference + np.trace(own) + np.trace(covariance) - 2 * inner), 0.0)


def kernel_mmd(x: np.ndarray, y: np.ndarray) -> float:
    """Squared maximum mean discrepancy of vectors (n, p) and (m, p), kernel (x y / p + 1)^3; 0 for equal samples.

    With all pairs: leaving out the equal ones, as KID does, is unbiased for independent samples, which the places of
    two images of one anatomy are not. (Gretton et al. 2012, JMLR 13:723, eq. 5; Binkowski et al. 2018,
    arXiv:1801.01401)
    """
    p = x.shape[1]
    return float(sum(sign * ((a @ b.T / p + 1) ** 3).mean() for sign, a, b in ((1, x, x), (1, y, y), (-2, x, y))))
