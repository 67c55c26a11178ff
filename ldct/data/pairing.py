"""Full- and low-dose slices of a patient, matched by position and then checked by their data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from scipy import ndimage

from ldct.dicom.deidentify import known_kernel
from ldct.dicom.headers import Header, differences
from ldct.errors import InputError
from ldct.reconstruction import noise_level
from ldct.tables.images import ImageStack

POSITION_SHARE = 0.1
IN_PLANE_PIXELS = 0.1
LARGEST_SHIFT_PIXELS = 0.1
LARGEST_MEAN_HU = 3.0
CHECKED_SLICES = 5
BODY_HU = (-150.0, 250.0)
# What the headers of two doses have to agree in, with its name in messages.
COMPARED = {
    "frame_of_reference": "frame of reference",
    "kernel": "kernel",
    "kv": "tube voltage",
    "thickness": "slice thickness",
}
# Noise is compared in blocks of what a Gaussian takes away; less is only called so beyond 3 standard errors.
BLOCK, HIGH_PASS_PIXELS, SURE, AIR_BELOW_HU = 16, 2.0, 3.0, -900.0


def pair(full: ImageStack, low: ImageStack) -> tuple[ImageStack, ImageStack, list[InputError]]:
    """The slices that both doses have, as `match`; raises InputError also where the data contradict the pairing:
    shifted, another mean, or no more noise at low dose.
    """
    a, b, left = match(full, low)
    check(a, b)
    return a, b, left


def match(full: ImageStack, low: ImageStack) -> tuple[ImageStack, ImageStack, list[InputError]]:
    """The slices that both stacks have, in one order, and what was left out.

    Slices pair when they are within 10 % of the slice spacing. Raises InputError where matrix, spacing or orientation
    differ, or no slice pairs.
    """
    for what, a, b in (
        ("matrix", full.hu.shape[1:], low.hu.shape[1:]),
        ("pixel spacing", full.pixel_spacing_mm, low.pixel_spacing_mm),
        ("orientation", full.orientation, low.orientation),
    ):
        if not np.allclose(a, b, rtol=1e-3, atol=1e-3):
            raise InputError("", f"{what} {b} at low dose", f"{a} as at full dose", "Pair series of one geometry.")
    spacing = float(np.median(np.diff(full.position_mm))) if len(full) > 1 else full.slice_thickness_mm
    nearest = np.abs(full.position_mm[:, None] - low.position_mm[None]).argmin(axis=1)
    distance = np.abs(full.position_mm - low.position_mm[nearest])
    in_plane = np.linalg.norm((full.origin_mm - low.origin_mm[nearest]), axis=1)
    near = (distance <= POSITION_SHARE * spacing) & (
        np.sqrt(np.maximum(in_plane**2 - distance**2, 0)) <= IN_PLANE_PIXELS * full.pixel_spacing_mm[0]
    )
    # One-to-one: of several that are nearest to one low-dose slice the first is taken.
    kept = np.flatnonzero(near)
    near[np.setdiff1d(kept, kept[np.unique(nearest[kept], return_index=True)[1]])] = False
    if not near.any():
        found = f"no slice position in common ({len(full)} and {len(low)} slices)"
        raise InputError("", found, "both doses of one scan", "Check the folders of this patient.")
    left = [
        InputError("", f"{count} {dose}-dose slices without a partner", "both doses of a slice", "They are left out.")
        for dose, count in (("full", int((~near).sum())), ("low", len(low) - int(near.sum())))
        if count
    ]
    return select(full, np.flatnonzero(near)), select(low, nearest[near]), left


def select(stack: ImageStack, picks: np.ndarray) -> ImageStack:
    """The slices `picks`, numbered from 0."""
    return replace(
        stack,
        hu=stack.hu[picks],
        position_mm=stack.position_mm[picks],
        origin_mm=stack.origin_mm[picks],
        index=np.arange(len(picks), dtype=np.int32),
    )


def check(full: ImageStack, low: ImageStack) -> None:
    """Raise InputError unless the slices show the same anatomy with more noise at low dose.

    Over up to five slices spread over the scan: medians of the mean HU in soft tissue within 3 HU and of the position
    within 0.1 pixel; and the noise of the low dose not surely below that of the full dose (`more_noise`).
    """
    shifts, moves, excess = [], [], []
    for number in np.unique(np.linspace(0, len(full) - 1, CHECKED_SLICES + 2).round().astype(int)[1:-1]):
        a, b = (stack.hu_air[number].astype(np.float64) for stack in (full, low))
        smooth = ndimage.gaussian_filter(a, 3)
        body = (smooth > BODY_HU[0]) & (smooth < BODY_HU[1]) & full.valid[number] & low.valid[number]
        if body.sum() >= 100:
            shifts.append(float((b - a)[body].mean()))
            moves.append(displacement(a, b))
            excess.append(more_noise(a, b, full.valid[number] & low.valid[number]))
    if not shifts:
        return
    shift, moved = (float(np.median(values)) for values in (shifts, moves))
    if abs(shift) > LARGEST_MEAN_HU:
        raise InputError("", f"mean HU {shift:+.1f} apart in soft tissue", "the same scan", "Check the folders.")
    if moved > LARGEST_SHIFT_PIXELS:
        raise InputError("", f"images {moved:.2f} pixels apart", "the same scan", "Check the folders.")
    blocks = np.concatenate(excess)
    if len(blocks) < 2:
        return
    if not blocks.any():
        raise InputError("", "the same images at both doses", "more noise at low dose", "Check the folders.")
    if blocks.mean() < -SURE * blocks.std(ddof=1) / np.sqrt(len(blocks)):
        raise InputError("", "less noise at low dose than at full dose", "more", "Are the two folders swapped?")


def more_noise(full: np.ndarray, low: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """By how much the variance of `low` is above that of `full`, HU^2, in blocks of 16 x 16 pixels that were measured.

    mean (h(low) - h(full)) (h(low) + h(full)), h a high pass: anatomy, which both show, is not in the difference and so
    drops out of the mean, where a variance of each image by itself would hold its edges and vessels.
    """
    a, b = (image - ndimage.gaussian_filter(image, HIGH_PASS_PIXELS) for image in (full, low))
    rows, columns = (n // BLOCK * BLOCK for n in full.shape)
    product = np.where(valid, (b - a) * (b + a), 0.0)[:rows, :columns]
    shape = (rows // BLOCK, BLOCK, columns // BLOCK, BLOCK)
    measured = valid[:rows, :columns].reshape(shape).mean(axis=(1, 3))
    body = (full > AIR_BELOW_HU)[:rows, :columns].reshape(shape).mean(axis=(1, 3))
    return product.reshape(shape).mean(axis=(1, 3))[(measured == 1) & (body > 0.5)]


def check_headers(full: Header, low: Header, accept: Collection[str] = ()) -> list[str]:
    """What the headers of the doses say differently and `accept` names (cohort.accept), a note each.

    Raises one InputError for all that they say differently of frame of reference, kernel, tube voltage and slice
    thickness and that is not accepted.
    """
    contradicted = differences(full, low, tuple(COMPARED))
    refused = [_difference(name, full, low) for name in contradicted if name not in accept]
    if refused:
        names = ", ".join(name for name in contradicted if name not in accept)
        action = f"Pair series of one kind; where you know that these are, set cohort.accept: [{names}]."
        raise InputError("", "; ".join(refused), "both doses of one scan, reconstructed alike", action)
    return [f"{_difference(name, full, low)} (accepted by cohort.accept)" for name in contradicted]


def _difference(name: str, full: Header, low: Header) -> str:
    """The values themselves only where they can identify nobody."""
    values = getattr(full, name), getattr(low, name)
    if name == "kernel":
        shown = [known_kernel(value) or "of another name" for value in values]
        if len(set(shown)) == 1:
            return "two kernels of unusual names"
    elif name == "frame_of_reference":
        return "another frame of reference at low dose"
    else:
        shown = [f"{value:g}" for value in values]
    return f"{COMPARED[name]} {shown[1]} at low dose and {shown[0]} at full dose"


def displacement(a: np.ndarray, b: np.ndarray) -> float:
    """Shift between two images in pixels, by phase correlation with a parabola through the peak."""
    window = np.outer(np.hanning(a.shape[0]), np.hanning(a.shape[1]))
    spectrum = np.fft.fft2((a - a.mean()) * window) * np.conj(np.fft.fft2((b - b.mean()) * window))
    surface = np.fft.ifft2(spectrum).real
    peak = np.unravel_index(surface.argmax(), surface.shape)
    offsets = []
    for axis, at in enumerate(peak):
        near = np.take(surface, [at - 1, at, at + 1], axis=axis, mode="wrap")
        before, middle, after = (float(v) for v in np.take(near, peak[1 - axis], axis=1 - axis))
        bend = before - 2 * middle + after
        whole = at - surface.shape[axis] if at > surface.shape[axis] // 2 else at
        offsets.append(whole + (0.5 * (before - after) / bend if bend else 0.0))
    return float(np.hypot(*offsets))


def noise_sd(stack: ImageStack, index: int) -> float:
    """Noise SD in soft tissue of the slice `index`, HU; NaN where there is none."""
    return noise_level.noise_sd(stack.hu_air[index])
