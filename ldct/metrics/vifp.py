"""Visual information fidelity in the pixel domain."""

from __future__ import annotations

import numpy as np

from ldct.compiled import kernel
from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.gaussian import filter_valid, gaussian_taps, moments, pair_moments

NOISE_VARIANCE = 2.0
EPS = 1e-8
TAPS = tuple(gaussian_taps(size, size / 5) for size in (17, 9, 5, 3))


class VIFp(Metric, declared=METRICS["vifp"]):
    """Information the prediction keeps of the reference over the information in the reference, four scales.

    Not symmetric: 1 for equal images, above 1 for a prediction of more contrast. Images are scaled to [0, 255]
    (the visual noise variance is 2 on that scale). As piq's vif_p; 41 pixels a side at least.
    """

    def prepare(self, reference: View) -> tuple[list[tuple[np.ndarray, np.ndarray]], float]:
        scales, information = [], 0.0
        for y, taps in zip(_pyramid(reference.pixels), TAPS, strict=True):
            of_y = moments(y, taps)
            scales.append((y, of_y))
            information += _reference_information(of_y[1], NOISE_VARIANCE, EPS)
        if information == 0:
            raise NoValue("the reference carries no information in this window")
        return scales, information

    def score(self, state: tuple[list[tuple[np.ndarray, np.ndarray]], float], prediction: View) -> float:
        scales, information = state
        kept = 0.0
        for x, (y, of_y), taps in zip(_pyramid(prediction.pixels), scales, TAPS, strict=True):
            kept += _kept_information(pair_moments(x, y, of_y[0], taps), of_y[1], NOISE_VARIANCE, EPS)
        return (kept + EPS) / (information + EPS)


def _pyramid(image: np.ndarray) -> list[np.ndarray]:
    levels = [image * np.float32(255)]
    for taps in TAPS[1:]:
        levels.append(np.ascontiguousarray(filter_valid(levels[-1], taps)[::2, ::2]))
    return levels


@kernel
def _reference_information(variance: np.ndarray, noise: float, eps: float) -> float:
    total = 0.0
    for v in variance.flat:
        if v >= eps:
            total += np.log10(1.0 + v / noise)
    return total


@kernel
def _kept_information(of_pair: np.ndarray, variance_y: np.ndarray, noise: float, eps: float) -> float:
    total = 0.0
    product = 1.0
    _, rows, columns = of_pair.shape
    for i in range(rows):
        for j in range(columns):
            vx, vy, cov = max(of_pair[1, i, j], 0.0), max(variance_y[i, j], 0.0), of_pair[2, i, j]
            # Where either image is flat or the two are opposed, nothing of the reference is kept.
            if vx >= eps and vy >= eps and cov > 0:
                gain = cov / (vy + eps)
                rest = max(vx - gain * cov, eps)
                product *= 1.0 + gain * gain * vy / (rest + noise)
                # One logarithm for many factors; a factor is at most 1 + 255^2 / noise.
                if product > 1e200:
                    total += np.log10(product)
                    product = 1.0
        total += np.log10(product)
        product = 1.0
    return total
