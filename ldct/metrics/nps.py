"""Noise power spectra of homogeneous soft tissue in a slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter

from ldct.metrics.base import NoValue, View
from ldct.metrics.tissue import soft_tissue

SIDE, STRIDE, MIN_PATCHES = 24, 6, 6
# The removal of the trend empties the rings below.
FIRST_RING = 3


@dataclass(frozen=True, eq=False)
class Patches:
    """Corners (n, 2) of SIDE x SIDE patches in homogeneous soft tissue, and the pixel spacing in mm."""

    corners: np.ndarray
    spacing_mm: tuple[float, float]


def homogeneous_patches(reference: View) -> Patches:
    """Patches wholly in soft tissue, every STRIDE pixels, of the half with the least structure; raises NoValue.

    Structure is the mean squared gradient after a Gaussian of 3 pixels.
    """
    half = SIDE // 2
    rows, columns = reference.pixels.shape
    grid = np.stack(
        np.meshgrid(np.arange(half, rows - half + 1, STRIDE), np.arange(half, columns - half + 1, STRIDE)), axis=-1
    ).reshape(-1, 2)
    inside = uniform_filter(soft_tissue(reference).astype(np.float64), SIDE, mode="constant")
    down, right = np.gradient(gaussian_filter(reference.pixels, 3.0, output=np.float64))
    structure = uniform_filter(down**2 + right**2, SIDE, mode="nearest")
    # A filter of even size reaches SIDE / 2 pixels back and SIDE / 2 - 1 ahead.
    kept = grid[(grid < (rows, columns)).all(axis=1)]
    kept = kept[inside[kept[:, 0], kept[:, 1]] > 1 - 0.5 / SIDE**2]
    if len(kept) < MIN_PATCHES:
        raise NoValue(f"fewer than {MIN_PATCHES} patches of {SIDE} x {SIDE} pixels in soft tissue")
    order = np.argsort(structure[kept[:, 0], kept[:, 1]], kind="stable")
    chosen = kept[order[: max(MIN_PATCHES, len(kept) // 2)]]
    return Patches(chosen - half, reference.spacing_mm)


def noise_power_spectrum(image: View, patches: Patches) -> np.ndarray:
    """Two-dimensional NPS (SIDE, SIDE // 2 + 1) in HU^2 mm^2, mean over the patches.

    Each patch loses its plane of least squares and takes a Hann window, whose mean square is divided out.
    """
    index = np.arange(SIDE)
    rows = patches.corners[:, 0, None, None] + index[:, None]
    columns = patches.corners[:, 1, None, None] + index
    values = image.pixels[rows, columns].astype(np.float64)
    centred = index - index.mean()
    scale = SIDE * np.sum(centred**2)
    values -= values.mean(axis=(1, 2), keepdims=True)
    values -= np.einsum("nij,i->n", values, centred)[:, None, None] / scale * centred[:, None]
    values -= np.einsum("nij,j->n", values, centred)[:, None, None] / scale * centred
    hann = np.hanning(SIDE + 2)[1:-1]
    window = hann[:, None] * hann
    spectrum = np.abs(np.fft.rfft2(values * window)) ** 2
    area = patches.spacing_mm[0] * patches.spacing_mm[1]
    return spectrum.mean(axis=0) * area / (SIDE**2 * np.mean(window**2))


def frequencies(spacing_mm: tuple[float, float]) -> np.ndarray:
    """Radial frequency of each bin of the NPS in 1/mm."""
    return np.hypot(np.fft.fftfreq(SIDE, spacing_mm[0])[:, None], np.fft.rfftfreq(SIDE, spacing_mm[1]))


def multiplicity() -> np.ndarray:
    """How many bins of the full spectrum each column of the half spectrum stands for."""
    counts = np.full(SIDE // 2 + 1, 2.0)
    counts[[0, -1]] = 1.0
    return counts


def radial(spectrum: np.ndarray, spacing_mm: tuple[float, float]) -> np.ndarray:
    """Mean NPS in rings one bin wide, from FIRST_RING to the lower Nyquist frequency: at `rings(spacing_mm)`."""
    step = _ring_width(spacing_mm)
    ring = np.rint(frequencies(spacing_mm) / step).astype(int).ravel()
    weights = np.broadcast_to(multiplicity(), spectrum.shape).ravel()
    total = np.bincount(ring, weights * spectrum.ravel())
    return (total / np.bincount(ring, weights))[FIRST_RING : SIDE // 2 + 1]


def rings(spacing_mm: tuple[float, float]) -> np.ndarray:
    """Frequency of the values of `radial` in 1/mm."""
    return np.arange(FIRST_RING, SIDE // 2 + 1) * _ring_width(spacing_mm)


def peak_frequency(spectrum: np.ndarray, spacing_mm: tuple[float, float]) -> float:
    """Frequency in 1/mm at which the radial NPS is largest, between rings by the parabola through three of them."""
    curve = radial(spectrum, spacing_mm)
    k = int(curve.argmax())
    shift = 0.0
    if 0 < k < len(curve) - 1:
        before, here, after = curve[k - 1 : k + 2]
        shift = 0.5 * (before - after) / (before - 2 * here + after) if before + after < 2 * here else 0.0
    return float(rings(spacing_mm)[k] + shift * _ring_width(spacing_mm))


def mean_frequency(spectrum: np.ndarray, spacing_mm: tuple[float, float]) -> float:
    """Power-weighted mean radial frequency in 1/mm."""
    weights = spectrum * multiplicity()
    return float(np.sum(weights * frequencies(spacing_mm)) / np.sum(weights))


def _ring_width(spacing_mm: tuple[float, float]) -> float:
    return 1 / (SIDE * max(spacing_mm))
