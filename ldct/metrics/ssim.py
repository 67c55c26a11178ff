"""Structural similarity."""

from __future__ import annotations

import numpy as np

from ldct.compiled import kernel
from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.metrics.gaussian import gaussian_taps, moments, pair_moments

C1, C2 = 0.01**2, 0.03**2
TAPS = gaussian_taps(11, 1.5)


class SSIM(Metric, declared=METRICS["ssim"]):
    """Mean SSIM, 11 x 11 Gaussian window with sigma 1.5, K1 0.01, K2 0.03, data range 1, no downsampling.

    Means are over positions at which the window lies inside the image, variances are those of the weighted window
    (not unbiased): the definition of Wang 2004, of piq with downsample=False, and of scikit-image with
    gaussian_weights=True, use_sample_covariance=False. piq's default first halves images of 384 pixels or more.
    """

    def prepare(self, reference: View) -> tuple[np.ndarray, np.ndarray]:
        return reference.pixels, moments(reference.pixels, TAPS)

    def score(self, state: tuple[np.ndarray, np.ndarray], prediction: View) -> float:
        y, of_y = state
        return ssim_and_contrast(pair_moments(prediction.pixels, y, of_y[0], TAPS), of_y, C1, C2)[0]


@kernel
def ssim_and_contrast(of_pair: np.ndarray, of_y: np.ndarray, c1: float, c2: float) -> tuple[float, float]:
    """Mean SSIM and mean of its contrast-structure term from local moments (see ldct.metrics.gaussian)."""
    whole = contrast = 0.0
    _, rows, columns = of_pair.shape
    for i in range(rows):
        for j in range(columns):
            a, b = of_pair[0, i, j], of_y[0, i, j]
            cs = (2 * of_pair[2, i, j] + c2) / (of_pair[1, i, j] + of_y[1, i, j] + c2)
            contrast += cs
            whole += (2 * a * b + c1) / (a * a + b * b + c1) * cs
    return whole / (rows * columns), contrast / (rows * columns)
