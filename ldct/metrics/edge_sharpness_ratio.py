"""Ratio of edge slopes."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_erosion, gaussian_filter

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS

SMOOTHING_MM = 1.0
MIN_SLOPE_HU_PER_MM = 40.0
MIN_PIXELS = 200


class EdgeSharpnessRatio(Metric, declared=METRICS["edge_sharpness_ratio"]):
    """Mean slope across the edges of the reference, prediction over reference, HU/mm over HU/mm.

    Edge pixels have a gradient of 40 HU/mm or more after a Gaussian of 1 mm; the slope is the derivative (central
    difference) along that smoothed gradient's direction, so noise, which has no preferred sign, averages out. Below
    1: edges are blurred. The inverse of the ratio of edge widths where edges keep their heights.
    """

    def prepare(self, reference: View) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        sigma = [SMOOTHING_MM / spacing for spacing in reference.spacing_mm]
        smooth = gaussian_filter(reference.pixels, sigma, mode="nearest", output=np.float64)
        down, right = _gradient(smooth, reference.spacing_mm)
        length = np.hypot(down, right)
        inner = np.asarray(
            binary_erosion(reference.valid, iterations=max(1, round(3 * max(sigma))), border_value=0), bool
        )
        chosen = inner & (length >= MIN_SLOPE_HU_PER_MM)
        if chosen.sum() < MIN_PIXELS:
            raise NoValue(f"fewer than {MIN_PIXELS} pixels on edges")
        normal = (down[chosen] / length[chosen], right[chosen] / length[chosen])
        return chosen, *normal, _slope(reference, chosen, *normal)

    def score(self, state: tuple[np.ndarray, np.ndarray, np.ndarray, float], prediction: View) -> float:
        chosen, down, right, expected = state
        return _slope(prediction, chosen, down, right) / expected


def _slope(image: View, chosen: np.ndarray, down: np.ndarray, right: np.ndarray) -> float:
    along_rows, along_columns = _gradient(image.pixels.astype(np.float64), image.spacing_mm)
    return float(np.mean(along_rows[chosen] * down + along_columns[chosen] * right))


def _gradient(hu: np.ndarray, spacing_mm: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives down and to the right, HU/mm."""
    return np.asarray(np.gradient(hu, spacing_mm[0], axis=0)), np.asarray(np.gradient(hu, spacing_mm[1], axis=1))
