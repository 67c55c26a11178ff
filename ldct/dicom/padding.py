"""Pixels that were not measured: marked by the header, or constant where nothing was reconstructed."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from ldct.tables.images import INVALID_HU

# The scale of CT starts here; measured noise goes below, but never leaves a gap and then a heap at one value.
SCALE_STARTS_HU, GAP_HU, LEAST_PIXELS, MOST_VALUES = -1024, 100, 16, 3
# The rest of a square around the circle that was reconstructed: rings that are full of one value from here outward,
# and within them at most half of it, as where measured air is clipped at the same value.
FULL_RING, INNER_RING, RING_PIXELS = 0.95, 0.5, 4
# A circle much smaller than the image is only believed where air with noise is in it, and not the skin of a round body.
NEAR_RADIUS, LEAST_RADIUS, AIR_HU = 0.9, 0.5, (-1200, -800)


def padding_of(dataset: Dataset) -> tuple[int | None, tuple[int, int] | None]:
    """PixelPaddingValue, and the range that is padding, both as stored values (PS3.3 C.7.5.1.1.2)."""
    first = dataset.get("PixelPaddingValue")
    if first in (None, ""):
        return None, None
    last = dataset.get("PixelPaddingRangeLimit")
    value = _stored(int(first), dataset)
    limit = value if last in (None, "") else _stored(int(last), dataset)
    return value, (min(value, limit), max(value, limit))


def _stored(value: int, dataset: Dataset) -> int:
    """The padding value as the pixels hold it, also where it was written with the wrong signedness."""
    bits = int(dataset.get("BitsStored") or dataset.BitsAllocated)
    value &= (1 << bits) - 1
    signed = int(dataset.get("PixelRepresentation") or 0) == 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def unmeasured(hu: np.ndarray) -> np.ndarray:
    """Boolean mask of the pixels of a series, int16 HU (slices, rows, columns), that no header marks as padding.

    A pixel is unmeasured where it has a value far below every other and below the scale (-2048, -3024), or where it
    lies outside of the circle that was reconstructed and all there has one value (0 as stored). Air that was measured
    stays, and so does air that was clipped at the value of the corners, inside of the circle.
    """
    values = {value for image in hu for value in _below_the_scale(image)}
    mask = np.isin(hu, list(values)) if values else np.zeros(hu.shape, bool)
    return mask | _outside_the_circle(np.where(mask, INVALID_HU, hu))


def _below_the_scale(image: np.ndarray) -> list[int]:
    """Constants far below everything else of one slice."""
    rest = image[image != INVALID_HU]
    values: list[int] = []
    while rest.size and len(values) < MOST_VALUES:
        lowest = int(rest.min())
        others = rest[rest != lowest]
        count = len(rest) - len(others)
        gap = int(others.min()) - lowest if others.size else 0
        if lowest >= SCALE_STARTS_HU or count < LEAST_PIXELS or gap < GAP_HU:
            break
        values.append(lowest)
        rest = others
    return values


def _outside_the_circle(hu: np.ndarray) -> np.ndarray:
    """The corners of all slices, where they hold one value outside of a circle around the middle."""
    nothing = np.zeros(hu.shape, bool)
    rows, columns = hu.shape[1:]
    if min(rows, columns) < 4 * RING_PIXELS:
        return nothing
    candidates, counts = np.unique(hu[:, [0, 0, -1, -1], [0, -1, 0, -1]], return_counts=True)
    value = candidates[counts.argmax()]
    if value == INVALID_HU or counts.max() < FULL_RING * counts.sum():
        return nothing
    y, x = np.mgrid[:rows, :columns]
    distance = np.hypot(y - (rows - 1) / 2, x - (columns - 1) / 2)
    ring = distance.astype(int)
    share = np.bincount(ring.ravel(), (hu == value).mean(axis=0).ravel()) / np.bincount(ring.ravel())
    inner = np.flatnonzero(share < FULL_RING)
    if not len(inner):
        return nothing
    first, half = int(inner[-1]) + 1, min(rows, columns) / 2
    chance = share[max(first - 1 - RING_PIXELS, 0) : max(first - 1, 1)].mean()
    if not LEAST_RADIUS * half <= first < len(share) or chance > INNER_RING:
        return nothing
    if first < NEAR_RADIUS * half:
        within = hu[:, (ring >= first - 1 - RING_PIXELS) & (ring < first - 1)]
        other = within[within != value]
        if not ((other > AIR_HU[0]) & (other < AIR_HU[1])).mean() > INNER_RING:
            return nothing
    # The circle cuts the ring before: of its pixels so many lie outside.
    cut = np.clip((share[first - 1] - chance) / (1 - chance), 0, 1)
    return (hu == value) & (distance >= first - cut)
