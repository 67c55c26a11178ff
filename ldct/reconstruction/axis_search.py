"""Patient axes of a projection series, found by comparing one reconstructed slab with the scanner's own images."""

from __future__ import annotations

import itertools
import logging

import numpy as np
from scipy import fft, ndimage

from ldct.errors import InputError
from ldct.projection.ctpd.reader import Series
from ldct.reconstruction.axes import Axes
from ldct.reconstruction.helical import covered_range, near_views
from ldct.reconstruction.wfbp import reconstruct_grid
from ldct.tables.images import ImageStack

log = logging.getLogger("ldct")
PIXEL_MM, STEP_MM = 2.0, 1.0
SLAB_MM = 24.0
REACH_MM = 5.0  # shifts along z that are tried, either way
IN_PLANE_MM = 20.0
# Soft tissue tells the choices apart: the outline of a body and its air agree nearly as well when flipped.
CLIP_HU = (-100.0, 200.0)
LEAST_SCORE, LEAST_MARGIN = 0.75, 0.02


def find_axes(series: Series, vendor: ImageStack) -> Axes:
    """Signs and shifts that bring a reconstruction of `series` onto `vendor`, axial images of the same scan.

    All 8 choices of signs, shifts of up to 5 mm along z and 20 mm in plane; the best normalised cross-correlation over
    a slab of up to 24 mm in the middle of what both cover. Raises InputError where the images are not axial, nothing
    overlaps, or no choice stands out: a score of at least 0.75, and 0.02 above that of any other signs.
    """
    radius = 0.9 * min(series.geometry.detector.field_radius_mm, _extent(vendor))
    axis = np.arange(-np.floor(radius / PIXEL_MM), np.floor(radius / PIXEL_MM) + 1) * PIXEL_MM
    disc = np.hypot(axis[None, :], axis[:, None]) <= radius
    found = []
    for sign in (1, -1):
        slab = _slab(series, vendor, sign, radius)
        if slab is None:
            continue
        z_vendor, z = slab
        theirs = _vendor_slices(vendor, z_vendor, axis)
        ours = _reconstructed(series, axis, z, vendor.slice_thickness_mm)
        found += _scores(ours, z, theirs, [float(vendor.position_mm[k]) for k in z_vendor], sign, disc)
    if not found:
        raise InputError("", "images that lie nowhere near the projections", "images of the same scan", _CHECK)
    found.sort(key=lambda axes: -(axes.score or 0))
    best = found[0]
    second = found[1].score if len(found) > 1 else 0.0
    log.info("axes %s, score %.3f; next %.3f", best, best.score, second)
    if (best.score or 0) < LEAST_SCORE or (best.score or 0) - (second or 0) < LEAST_MARGIN:
        seen = f"a best agreement of {best.score:.2f} and {second:.2f} with other signs"
        raise InputError("", seen, f"{LEAST_SCORE}, and {LEAST_MARGIN} apart: images of the same scan", _CHECK)
    return Axes(best.signs, best.shift_mm, best.score, second)


_CHECK = "Check the folder of the scanner's images."


def _extent(vendor: ImageStack) -> float:
    rows, columns = vendor.hu.shape[1:]
    return 0.5 * min(rows * vendor.pixel_spacing_mm[0], columns * vendor.pixel_spacing_mm[1])


def _slab(series: Series, vendor: ImageStack, sign: int, radius: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Indices of the vendor's slices, and the positions to reconstruct, with z_LPS = sign * z; None if disjoint."""
    covered = covered_range(series.geometry, radius)
    low, high = sorted(sign * end for end in covered)
    inside = np.flatnonzero((vendor.position_mm > low + REACH_MM) & (vendor.position_mm < high - REACH_MM))
    if len(inside) < 3:
        return None
    position = vendor.position_mm[inside]
    middle = position[len(position) // 2]
    inside = inside[np.abs(position - middle) <= SLAB_MM / 2]
    position = np.sort(sign * vendor.position_mm[inside])
    margin = REACH_MM + 0.5 * vendor.slice_thickness_mm + STEP_MM
    return inside, np.arange(position[0] - margin, position[-1] + margin + STEP_MM, STEP_MM)


def _vendor_slices(vendor: ImageStack, chosen: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """The slices at LPS x and y of `axis`, smoothed to its spacing, (slices, y, x)."""
    direction = np.array(vendor.orientation)
    right, down = direction[0], direction[4]
    if min(abs(right), abs(down)) < 0.99:
        raise InputError("", "images that are not axial", "axial images", _CHECK)
    dy, dx = vendor.pixel_spacing_mm
    out = []
    for k in chosen:
        smooth = ndimage.gaussian_filter(
            vendor.hu_air[k].astype(np.float32), (0.5 * PIXEL_MM / dy, 0.5 * PIXEL_MM / dx)
        )
        column = (axis - vendor.origin_mm[k, 0]) / (dx * np.sign(right))
        row = (axis - vendor.origin_mm[k, 1]) / (dy * np.sign(down))
        grid = np.meshgrid(row, column, indexing="ij")
        out.append(ndimage.map_coordinates(smooth, grid, order=1, mode="constant", cval=-1000.0))
    return np.stack(out)


def _reconstructed(series: Series, axis: np.ndarray, z: np.ndarray, thickness_mm: float) -> np.ndarray:
    """HU of the slab, averaged over the slice thickness, (z, y, x) in the DICOM-CT-PD frame."""
    own = near_views(series, z[0], z[-1])
    mu = reconstruct_grid(own.codes, own.geometry, axis, axis, z, scale=series.scale, kernel="soft")
    water = series.acquisition.water_attenuation
    hu = 1000 * (np.where(np.isfinite(mu), mu, 0.0) / water - 1)
    return ndimage.uniform_filter1d(hu, max(1, round(thickness_mm / STEP_MM)), axis=0)


def _scores(ours, z, theirs, positions: list[float], sign: int, disc: np.ndarray) -> list[Axes]:
    """The best shift of each choice of in-plane signs, with its score.

    Slices at an offset are means of two of `ours`, so that their spectra are means of two spectra.
    """
    reach = round(IN_PLANE_MM / PIXEL_MM)
    size = [fft.next_fast_len(n + reach, real=True) for n in disc.shape]
    target = _clipped(theirs, disc)
    target -= target.sum() / (len(target) * disc.sum()) * disc
    spectrum = np.asarray(fft.rfft2(target, size)).conj()
    energy, inside = float((target**2).sum()), len(target) * int(disc.sum())
    flat = (spectrum.sum(0) * fft.rfft2(disc.astype(np.float32), size)).astype(np.complex64)
    whole = _clipped(ours, disc)
    offsets = np.arange(-REACH_MM, REACH_MM + STEP_MM / 2, STEP_MM)
    found = []
    for sx, sy in itertools.product((1, -1), repeat=2):
        flipped = whole[:, ::sy, ::sx]
        spectra = fft.rfft2(flipped, size)
        best = Axes((sx, sy, sign), score=-np.inf)
        for offset in offsets:
            at = (sign * (np.array(positions) - offset) - z[0]) / STEP_MM
            low = np.clip(at.astype(int), 0, len(z) - 2)
            share = (at - low).astype(np.float32)[:, None, None]
            moving = flipped[low] * (1 - share) + flipped[low + 1] * share
            mean = float(moving.sum()) / inside
            norm = np.sqrt(energy * max(float((moving**2).sum()) - inside * mean**2, 1e-9))
            cross = ((spectra[low] * (1 - share) + spectra[low + 1] * share) * spectrum).sum(0) - mean * flat
            # The surface peaks where ours lies relative to theirs.
            surface = fft.irfft2(cross, size) / norm
            near = np.roll(surface, (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
            peak = np.unravel_index(near.argmax(), near.shape)
            score = float(near[peak])
            if score > (best.score or 0):
                y, x = (-PIXEL_MM * (_vertex(near, peak, axis) - reach) for axis in (0, 1))
                best = Axes((sx, sy, sign), (float(x), float(y), float(offset)), score)
        found.append(best)
    return found


def _clipped(stack: np.ndarray, disc: np.ndarray) -> np.ndarray:
    return np.where(disc, np.clip(stack, *CLIP_HU), 0.0).astype(np.float32)


def _vertex(surface: np.ndarray, peak, axis: int) -> float:
    """Position along `axis` of the parabola through the peak and its neighbours."""
    at = peak[axis]
    if not 0 < at < surface.shape[axis] - 1:
        return float(at)
    before, middle, after = (
        float(surface[tuple(at + d if k == axis else p for k, p in enumerate(peak))]) for d in (-1, 0, 1)
    )
    bend = before - 2 * middle + after
    return at + (0.5 * (before - after) / bend if bend else 0.0)
