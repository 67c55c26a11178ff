"""Where lesions are put: seeded, in one kind of tissue, apart from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ldct.tables.images import ImageStack

# HU range of the smoothed image, and the share of the surroundings that must lie in it: lungs hold vessels.
TISSUES = {"soft_tissue": (-30.0, 170.0, 0.97), "lung": (-960.0, -650.0, 0.85)}
SMOOTHING_MM = 1.5
RING_MM = 4.0  # of the surroundings of a lesion that must be the tissue as well
APART_MM, BACKGROUNDS_APART_MM = 24.0, 6.0


@dataclass(frozen=True)
class Place:
    """A pixel of a slice (index in the image table), and the tissue it lies in."""

    slice: int
    row: int
    column: int
    tissue: str


def tissue_mask(hu: np.ndarray, spacing_mm: tuple[float, float], tissue: str, radius_mm: float) -> np.ndarray:
    """Pixels around which a disc of `radius_mm` is `tissue`, judged on a smoothed slice (rows, columns) in HU."""
    low, high, share = TISSUES[tissue]
    smooth = ndimage.gaussian_filter(hu.astype(np.float64), [SMOOTHING_MM / d for d in spacing_mm], mode="nearest")
    inside = ((smooth >= low) & (smooth <= high)).astype(np.float64)
    ry, rx = (int(np.ceil(radius_mm / d)) for d in spacing_mm)
    y, x = np.mgrid[-ry : ry + 1, -rx : rx + 1]
    disc = ((y * spacing_mm[0]) ** 2 + (x * spacing_mm[1]) ** 2 <= radius_mm**2).astype(np.float64)
    return _share(inside, disc / disc.sum()) >= share - 1e-9


def _share(inside: np.ndarray, disc: np.ndarray) -> np.ndarray:
    """Correlation with the disc through the FFT; outside the slice nothing is inside."""
    shape = [n + m - 1 for n, m in zip(inside.shape, disc.shape, strict=True)]
    full = np.fft.irfft2(np.fft.rfft2(inside, shape) * np.fft.rfft2(disc, shape), shape)
    top, left = (n // 2 for n in disc.shape)
    return full[top : top + inside.shape[0], left : left + inside.shape[1]]


def draw(
    stack: ImageStack,
    slices: Sequence[int],
    radii_mm: Sequence[float],
    tissues: Sequence[str],
    rng: np.random.Generator,
    *,
    margin_mm: float,
    taken: Sequence[tuple[int, np.ndarray]] = (),
    apart_mm: float = APART_MM,
) -> list[Place | None]:
    """A place for each radius, slices and tissues in turn; None where no room is left.

    stack: full-dose slices, among them `slices`. Places lie at least `margin_mm` within the slice and `apart_mm` from
    each other in 3D where their slices are near; `taken` are (slice, boolean mask) of what is already occupied. The
    tissue reaches RING_MM beyond each radius.
    """
    at = {int(index): number for number, index in enumerate(stack.index)}
    spacing, found = stack.pixel_spacing_mm, []
    centres: list[np.ndarray] = []
    masks: dict[tuple[int, str, float], np.ndarray] = {}
    for turn, radius in enumerate(radii_mm):
        place = None
        for attempt in range(len(slices) * len(tissues)):
            tissue = tissues[(turn + attempt) % len(tissues)]
            index = slices[(turn + attempt // len(tissues)) % len(slices)]
            key = (index, tissue, radius)
            if key not in masks:
                number = at[index]
                free = tissue_mask(stack.hu_air[number], spacing, tissue, radius + RING_MM)
                free &= _within(free.shape, spacing, margin_mm) & stack.valid[number]
                for other, mask in taken:
                    if other == index:
                        steps = int(np.ceil((radius + RING_MM) / min(spacing)))
                        free &= ~np.asarray(ndimage.binary_dilation(mask, iterations=steps), bool)
                masks[key] = free
            free = masks[key].copy()
            y, x = np.arange(free.shape[0]) * spacing[0], np.arange(free.shape[1]) * spacing[1]
            z = float(stack.position_mm[at[index]])
            for centre in centres:
                square = (y[:, None] - centre[0]) ** 2 + (x - centre[1]) ** 2 + (z - centre[2]) ** 2
                free &= square >= apart_mm**2
            candidates = np.flatnonzero(free)
            if len(candidates):
                row, column = divmod(int(rng.choice(candidates)), free.shape[1])
                centres.append(np.array([y[row], x[column], z]))
                place = Place(index, row, column, tissue)
                break
        found.append(place)
    return found


def _within(shape: tuple[int, ...], spacing_mm: tuple[float, float], margin_mm: float) -> np.ndarray:
    mask = np.zeros(shape, bool)
    top, left = (int(np.ceil(margin_mm / d)) for d in spacing_mm)
    mask[top : shape[0] - top, left : shape[1] - left] = True
    return mask
