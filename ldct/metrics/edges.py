"""Edge spread across the anatomical edges of a slice, and its width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_erosion, gaussian_filter, map_coordinates

from ldct.edge_spread import STEP_MM
from ldct.metrics.base import NoValue, View

SMOOTHING_MM = 0.8
MIN_SLOPE_HU_PER_MM = 60.0
# Profiles reach so far to either side; beyond FLAT_MM both sides must be plateaus.
REACH_MM, FLAT_MM = 6.0, 3.0
FLAT_SHARE, MIN_STEP_HU = 0.15, 100.0
MOST_EDGES, FEWEST_EDGES = 4000, 50


@dataclass(frozen=True, eq=False)
class Edges:
    """Points (2, n, samples) in pixels along the normals of n edges, from the dark to the bright side."""

    points: np.ndarray

    def spread(self, image: View) -> np.ndarray:
        """Edge spread function (samples,), the mean of all edges, HU."""
        return map_coordinates(image.pixels.astype(np.float64), self.points, order=3, mode="nearest").mean(axis=0)


def find_edges(reference: View) -> Edges:
    """Isolated steps of the reference: from plateau to plateau within 3 mm of a crest of the gradient; raises NoValue.

    The crest is sought along the normal in the smoothed reference, to .1 mm, where noise hardly moves it.
    """
    spacing = np.array(reference.spacing_mm)
    smooth = gaussian_filter(reference.pixels, SMOOTHING_MM / spacing, mode="nearest", output=np.float64)
    slopes = np.stack([np.gradient(smooth, spacing[axis], axis=axis) for axis in (0, 1)])
    length = np.hypot(*slopes)
    margin = int(np.ceil((REACH_MM + 1) / spacing.min()))
    inner = np.asarray(binary_erosion(reference.valid, iterations=margin, border_value=0), bool)
    at = np.stack(np.nonzero(inner & (length >= MIN_SLOPE_HU_PER_MM)))
    normal = slopes[:, at[0], at[1]] / length[at[0], at[1]]
    t = np.arange(-REACH_MM, REACH_MM + STEP_MM / 2, STEP_MM)
    near = np.abs(t) <= 1.0
    if at.shape[1]:
        along = map_coordinates(length, _line(at, normal, t[near], spacing), order=1, mode="nearest")
        shift = t[near][along.argmax(axis=1)]
        # A pixel whose crest lies elsewhere stands for the same edge as its neighbour.
        own = np.abs(shift) <= 0.5 * spacing.max()
        at, normal, shift = at[:, own], normal[:, own], shift[own]
        centre = at + normal * shift / spacing[:, None]
        profile = map_coordinates(smooth, _line(centre, normal, t, spacing), order=1, mode="nearest")
        low, high = profile[:, t < -FLAT_MM], profile[:, t > FLAT_MM]
        height = high.mean(axis=1) - low.mean(axis=1)
        uneven = np.maximum(np.ptp(low, axis=1), np.ptp(high, axis=1))
        good = np.flatnonzero((height >= MIN_STEP_HU) & (uneven <= FLAT_SHARE * height))
    else:
        good, centre = np.zeros(0, int), at
    if len(good) < FEWEST_EDGES:
        raise NoValue(f"{len(good)} isolated edges; needs at least {FEWEST_EDGES}")
    good = good[:: -(-len(good) // MOST_EDGES)]
    return Edges(_line(centre[:, good], normal[:, good], t, spacing))


def width(spread: np.ndarray) -> float:
    """Distance in mm from 10 to 90 % of the step; NaN where the spread does not pass both."""
    ends = round((REACH_MM - FLAT_MM) / STEP_MM)
    low, high = spread[:ends].mean(), spread[-ends:].mean()
    share = (spread - low) / (high - low) if high > low else np.full(len(spread), np.nan)
    above10, above90 = np.flatnonzero(share > 0.1), np.flatnonzero(share > 0.9)
    if not len(above90) or not len(above10):
        return float("nan")
    return float(_crossing(share, 0.9, above90[0]) - _crossing(share, 0.1, above10[0])) * STEP_MM


def _crossing(share: np.ndarray, level: float, k: int) -> float:
    return k if k == 0 else k - (share[k] - level) / (share[k] - share[k - 1])


def _line(at: np.ndarray, normal: np.ndarray, t: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Points (2, n, len(t)) in pixels, t mm from `at` (2, n) along unit normals in mm."""
    return at[:, :, None] + normal[:, :, None] * t / spacing[:, None, None]
