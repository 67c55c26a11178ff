"""How sharp an inserted lesion stays: the task transfer function across its rim."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import center_of_mass, map_coordinates

from ldct.edge_spread import STEP_MM, frequency_at_half

# A smaller ball has no plateau; where less of the contrast is left, the rim is lost in what else has changed.
LEAST_DIAMETER_MM, LEAST_REACH_MM, LEAST_CONTRAST = 6.0, 2.0, 0.2
ANGLES = 90


def ttf50_ratio(
    change: np.ndarray, full: np.ndarray, spacing_mm: tuple[float, float], diameter_mm: float
) -> float | None:
    """f50 of the transfer function across the rim of a ball, over the same at full dose.

    change, full: HU (rows, columns) that the lesion adds to its region in the image and at full dose, in the same
    noise. The spread is the mean over directions about the centre of the full-dose lesion; it holds the curvature of
    the ball, the same in both. Below 1: blurred, at this contrast. None for balls under 6 mm, and where less than a
    fifth of the full-dose contrast is left. (Richard et al. 2012, Med Phys 39:4115; inserted lesions take the place of
    rods)
    """
    radius = diameter_mm / 2
    own = np.abs(full) > 0.5 * np.abs(full).max()
    if diameter_mm < LEAST_DIAMETER_MM or not own.any():
        return None
    centre = np.array(center_of_mass(own))
    room = float(np.minimum(centre, np.array(full.shape) - 1 - centre).min() * min(spacing_mm))
    reach = min(radius, room - radius)
    if reach < LEAST_REACH_MM:
        return None
    ours, theirs = (_spread(image, centre, spacing_mm, radius, reach) for image in (change, full))
    steps = [spread[:3].mean() - spread[-3:].mean() for spread in (ours, theirs)]
    if steps[0] / steps[1] < LEAST_CONTRAST:
        return None
    ratio = frequency_at_half(ours) / frequency_at_half(theirs)
    return ratio if np.isfinite(ratio) else None


def _spread(
    image: np.ndarray, centre: np.ndarray, spacing_mm: tuple[float, float], radius: float, reach: float
) -> np.ndarray:
    """HU every STEP_MM from `reach` inside the rim to `reach` outside, the mean over directions."""
    r = radius + np.arange(-reach, reach + STEP_MM / 2, STEP_MM)
    angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
    direction = np.stack([np.sin(angle), np.cos(angle)])[:, :, None] / np.array(spacing_mm)[:, None, None]
    points = centre[:, None, None] + direction * r
    return map_coordinates(image.astype(np.float64), points, order=3, mode="nearest").mean(axis=0)
