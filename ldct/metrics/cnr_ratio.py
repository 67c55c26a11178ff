"""Ratio of contrast-to-noise ratios of soft tissue and fat."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.tissue import homogeneous, in_range, local_variance, window_size

SOFT_HU, FAT_HU = (20.0, 100.0), (-130.0, -70.0)
MIN_PIXELS, MIN_WINDOWS = 100, 50


class CNRRatio(Metric, declared=METRICS["cnr_ratio"]):
    """CNR of soft tissue and fat, prediction over reference; CNR = |mean soft tissue - mean fat| / noise SD, in HU.

    Soft tissue is where the 5 x 5 mean of the reference lies in [20, 100] HU, fat in [-130, -70] HU; the noise is the
    local SD in homogeneous soft tissue (as `noise_sd_ratio`). Above 1 the image is smoother than the full dose, which a
    blur achieves too: read it with a measure of sharpness.
    """

    def prepare(self, reference: View) -> tuple[np.ndarray, np.ndarray, np.ndarray, int, float]:
        soft, fat = in_range(reference, *SOFT_HU), in_range(reference, *FAT_HU)
        if min(soft.sum(), fat.sum()) < MIN_PIXELS:
            raise NoValue(f"fewer than {MIN_PIXELS} pixels of soft tissue or of fat")
        flat, size = homogeneous(reference), window_size(reference.spacing_mm)
        if flat.sum() < MIN_WINDOWS:
            raise NoValue(f"fewer than {MIN_WINDOWS} windows in homogeneous soft tissue")
        return soft, fat, flat, size, _cnr(reference, soft, fat, flat, size)

    def score(self, state: tuple[np.ndarray, np.ndarray, np.ndarray, int, float], prediction: View) -> float:
        soft, fat, flat, size, expected = state
        return _cnr(prediction, soft, fat, flat, size) / expected


def _cnr(image: View, soft: np.ndarray, fat: np.ndarray, flat: np.ndarray, size: int) -> float:
    noise = float(np.sqrt(local_variance(image.pixels, size)[flat].mean()))
    if noise == 0:
        raise NoValue("no noise in homogeneous soft tissue")
    return abs(float(image.pixels[soft].mean(dtype=np.float64) - image.pixels[fat].mean(dtype=np.float64))) / noise
