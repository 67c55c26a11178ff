"""How visible one lesion is in one image: contrast, contrast to noise, texture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ldct.observers.grid import grid

# The core leaves out the blurred rim; the ring begins beyond it, and ends where the tissue is sure to be the same.
CORE, GAP_MM, RING_MM = 0.6, 1.0, 4.0
FEWEST_PIXELS = 9


@dataclass(frozen=True, eq=False)
class Parts:
    """Boolean (rows, columns): the lesion's core, and a ring of its surroundings."""

    core: np.ndarray
    ring: np.ndarray


def of_ball(shape: tuple[int, int], spacing_mm: tuple[float, float], diameter_mm: float) -> Parts:
    """Parts of an inserted lesion in the middle of a region."""
    y, x = grid(shape, spacing_mm)
    r = np.hypot(y, x)
    radius = diameter_mm / 2
    core = r <= max(CORE * radius, 0.71 * max(spacing_mm))
    return Parts(core, (r > radius + GAP_MM) & (r <= radius + RING_MM))


def of_mask(mask: np.ndarray, spacing_mm: tuple[float, float]) -> Parts:
    """Parts of a real lesion: its mask, and what lies GAP_MM to RING_MM outside."""
    distance = np.asarray(ndimage.distance_transform_edt(~mask, sampling=spacing_mm))
    return Parts(mask, (distance > GAP_MM) & (distance <= RING_MM))


def contrast(hu: np.ndarray, parts: Parts) -> float:
    """Mean of the core minus mean of the ring, HU."""
    return float(hu[parts.core].mean() - hu[parts.ring].mean())


def cnr(hu: np.ndarray, parts: Parts) -> float | None:
    """Contrast over the SD of the ring; None where the ring has no noise or too few pixels."""
    if parts.ring.sum() < FEWEST_PIXELS:
        return None
    noise = float(hu[parts.ring].std(ddof=1))
    return abs(contrast(hu, parts)) / noise if noise > 0 else None


def texture(hu: np.ndarray, parts: Parts) -> float | None:
    """SD within the core over SD within the ring; None where either has too few pixels or no noise."""
    if min(parts.core.sum(), parts.ring.sum()) < FEWEST_PIXELS:
        return None
    within, around = float(hu[parts.core].std(ddof=1)), float(hu[parts.ring].std(ddof=1))
    return within / around if around > 0 else None
