"""A parametric kernel fitted to the scanner's own images of the same projections.

Both images come from the same rays, noise included, so the vendor's image is that of the plain ramp times the window of
its kernel: W(nu) = Re sum(R F*) / sum |F|^2 over blocks of soft tissue and rings of frequency.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage, optimize

from ldct.errors import InputError
from ldct.projection.ctpd.reader import Series
from ldct.reconstruction.axes import Axes
from ldct.reconstruction.helical import covered_range, near_views
from ldct.reconstruction.kernels import Kernel
from ldct.reconstruction.wfbp import reconstruct_grid
from ldct.tables.images import ImageStack

log = logging.getLogger("ldct")
BLOCK_MM = 32.0
SLICES = 5
SOFT_TISSUE_HU = (-250.0, 350.0)  # all of a block's pixels, smoothed
LEAST_BLOCKS = 20
STEP_MM, REACH_MM = 0.5, 1.0  # along z: vendors' positions are not known better before the fit
LEAST_COHERENCE = 0.3
_CHECK = "Check that the images are of these projections, with the axes found for them."


@dataclass(frozen=True, eq=False)
class Window:
    """`response` of the vendor's kernel relative to the plain ramp at `frequency` (cycles/mm), with `weight` of each.

    `coherence` is the share of the vendor's power that the ramp's image explains, `blocks` how many were used.
    """

    frequency: np.ndarray
    response: np.ndarray
    weight: np.ndarray
    nyquist: float
    coherence: float
    blocks: int


def fit_kernel(series: Series, vendor: ImageStack, axes: Axes) -> tuple[Kernel, Window]:
    """The `Kernel` whose window is nearest the vendor's, and the measured window.

    `axes` lead from the projections to the images (`find_axes`). Raises InputError where fewer than 20 blocks of 32 mm
    hold soft tissue only, or the images do not follow the projections.
    """
    measured = measure_window(series, vendor, axes)
    first = fit_window(measured)
    # Blocks mix neighbouring frequencies, in images of nearly equal spectra alike.
    again = measure_window(series, vendor, axes, first)
    measured = replace(again, response=again.response * first.window(again.frequency, again.nyquist))
    return fit_window(measured), measured


def fit_window(measured: Window) -> Kernel:
    """Least squares over mtf50, order and boost: both images are in HU, so that W(0) is 1."""
    weight = np.sqrt(measured.weight / measured.weight.max())

    def kernel(p: np.ndarray) -> Kernel:
        return Kernel(float(np.exp(p[0])), float(np.exp(p[1])), float(p[2]))

    def misfit(p: np.ndarray) -> np.ndarray:
        return weight * (kernel(p).window(measured.frequency, measured.nyquist) - measured.response)

    bounds = ([np.log(0.01), np.log(0.5), 0.0], [np.log(3.0), np.log(8.0), 2.0])
    starts = [(np.log(half * measured.nyquist), np.log(2.0), boost) for half in (0.3, 0.6, 1.0) for boost in (0, 0.3)]
    fits = [optimize.least_squares(misfit, np.clip(start, *bounds), bounds=bounds) for start in starts]
    return kernel(min(fits, key=lambda fit: fit.cost).x)


def measure_window(series: Series, vendor: ImageStack, axes: Axes, kernel: str | Kernel = "ramp") -> Window:
    """The vendor's window relative to `kernel`, from a few slices in the middle of what both cover.

    Offsets of up to 1 mm along z and a fraction of a pixel in plane are found and removed.
    """
    d = series.geometry.detector
    x, y = _positions(vendor, axes)
    reach = min(float(np.hypot(np.abs(x).max(), np.abs(y).max())), d.field_radius_mm)
    low, high = covered_range(series.geometry, reach)
    z = axes.signs[2] * (vendor.position_mm - axes.shift_mm[2])
    margin = 0.5 * vendor.slice_thickness_mm + REACH_MM + STEP_MM
    inside = np.flatnonzero((z > low + margin) & (z < high - margin))
    if not len(inside):
        raise InputError("", "images that lie nowhere near the projections", "images of the same scan", _CHECK)
    chosen = inside[np.linspace(0, len(inside) - 1, min(SLICES, len(inside))).astype(int)]
    nyquist = 0.5 * d.source_detector_mm / (d.column_spacing_mm * d.source_isocentre_mm)
    best: tuple[float, np.ndarray, np.ndarray, int] | None = None
    offsets = np.arange(-REACH_MM, REACH_MM + STEP_MM / 2, STEP_MM)
    theirs = [vendor.hu_air[k].astype(np.float32) for k in chosen]
    stacks = [_own(series, x, y, float(z[k]), margin, kernel) for k in chosen]
    corners = [_corners(image, vendor.pixel_spacing_mm) for image in theirs]
    if sum(map(len, corners)) < LEAST_BLOCKS:
        seen = f"{sum(map(len, corners))} blocks of soft tissue"
        raise InputError("", seen, f"{LEAST_BLOCKS} of {BLOCK_MM:g} mm", "Fit the kernel on images of the trunk.")
    for offset in offsets:
        plain = [_slice(stack, margin, offset, vendor.slice_thickness_mm) for stack in stacks]
        cross, power, own, count = _spectra(theirs, plain, corners, vendor.pixel_spacing_mm)
        cross = _aligned(cross, power, vendor.pixel_spacing_mm)
        coherence = float(np.real(cross).sum() ** 2 / (power.sum() * own.sum()))
        if best is None or coherence > best[0]:
            best = coherence, cross, power, count
    assert best is not None
    coherence, cross, power, count = best
    if coherence < LEAST_COHERENCE:
        seen = f"images that explain {coherence:.2f} of each other"
        raise InputError("", seen, f"{LEAST_COHERENCE} at least", _CHECK)
    return _rings(cross, power, vendor.pixel_spacing_mm, nyquist, coherence, count)


def _positions(vendor: ImageStack, axes: Axes) -> tuple[np.ndarray, np.ndarray]:
    """x of the columns and y of the rows in the DICOM-CT-PD frame."""
    right, down = vendor.orientation[0], vendor.orientation[4]
    if min(abs(right), abs(down)) < 0.99:
        raise InputError("", "images that are not axial", "axial images", _CHECK)
    rows, columns = vendor.hu.shape[1:]
    dy, dx = vendor.pixel_spacing_mm
    x = vendor.origin_mm[0, 0] + np.sign(right) * dx * np.arange(columns)
    y = vendor.origin_mm[0, 1] + np.sign(down) * dy * np.arange(rows)
    return axes.signs[0] * (x - axes.shift_mm[0]), axes.signs[1] * (y - axes.shift_mm[1])


def _own(series: Series, x: np.ndarray, y: np.ndarray, z: float, margin: float, kernel: str | Kernel) -> np.ndarray:
    """Images of the projections at z +- margin, (z, y, x) HU."""
    count = int(np.ceil(margin / STEP_MM))
    depth = z + STEP_MM * np.arange(-count, count + 1)
    own = near_views(series, depth[0], depth[-1])
    mu = reconstruct_grid(own.codes, own.geometry, x, y, depth, scale=series.scale, kernel=kernel)
    water = series.acquisition.water_attenuation
    return 1000 * (np.where(np.isfinite(mu), mu, 0.0) / water - 1)


def _slice(stack: np.ndarray, margin: float, offset: float, thickness: float) -> np.ndarray:
    """The mean over a slice's thickness at `offset` from the middle of the stack."""
    z = STEP_MM * (np.arange(len(stack)) - len(stack) // 2)
    share = np.clip((thickness + STEP_MM) / 2 - np.abs(z - offset), 0, STEP_MM)
    return np.tensordot((share / share.sum()).astype(np.float32), stack, 1)


def _size(pixel_mm: tuple[float, float]) -> tuple[int, int]:
    rows, columns = (max(8, 2 * round(BLOCK_MM / step / 2)) for step in pixel_mm)
    return rows, columns


def _corners(image: np.ndarray, pixel_mm: tuple[float, float]) -> list[tuple[int, int]]:
    """First pixels of half overlapping blocks that hold nothing but soft tissue."""
    rows, columns = _size(pixel_mm)
    smooth = ndimage.uniform_filter(image, 5)
    tissue = (smooth > SOFT_TISSUE_HU[0]) & (smooth < SOFT_TISSUE_HU[1])
    return [
        (i, j)
        for i in range(0, image.shape[0] - rows + 1, rows // 2)
        for j in range(0, image.shape[1] - columns + 1, columns // 2)
        if tissue[i : i + rows, j : j + columns].all()
    ]


def _spectra(theirs, plain, corners, pixel_mm) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Sums over blocks of R F*, |F|^2 and |R|^2, and the number of blocks."""
    rows, columns = _size(pixel_mm)
    v, u = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    trend = np.linalg.qr(np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], -1).reshape(-1, 6))[0]
    taper = np.outer(np.hanning(rows), np.hanning(columns))

    def transform(block: np.ndarray) -> np.ndarray:
        flat = block.astype(float).ravel()
        return np.fft.fft2((flat - trend @ (trend.T @ flat)).reshape(rows, columns) * taper)

    cross, power, own = np.zeros((rows, columns), complex), np.zeros((rows, columns)), np.zeros((rows, columns))
    count = 0
    for image, ramp, places in zip(theirs, plain, corners, strict=True):
        for i, j in places:
            r, f = (transform(part[i : i + rows, j : j + columns]) for part in (image, ramp))
            cross += r * np.conj(f)
            power += np.abs(f) ** 2
            own += np.abs(r) ** 2
            count += 1
    return cross, power, own, count


def _frequencies(shape: tuple[int, ...], pixel_mm: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    return np.fft.fftfreq(shape[0], pixel_mm[0])[:, None], np.fft.fftfreq(shape[1], pixel_mm[1])[None]


def _aligned(cross: np.ndarray, power: np.ndarray, pixel_mm: tuple[float, float]) -> np.ndarray:
    """`cross` without the phase of the shift, below a pixel or two, that is left between the images."""
    v, u = _frequencies(cross.shape, pixel_mm)

    def shifted(d: np.ndarray) -> np.ndarray:
        return cross * np.exp(2j * np.pi * (v * d[0] + u * d[1]))

    found = optimize.minimize(lambda d: -np.real(shifted(d)).sum() / power.sum(), np.zeros(2), method="Nelder-Mead")
    return shifted(found.x)


def _rings(cross, power, pixel_mm, nyquist: float, coherence: float, blocks: int) -> Window:
    v, u = _frequencies(cross.shape, pixel_mm)
    nu = np.hypot(v, u)
    width = 1 / (cross.shape[0] * pixel_mm[0])
    # The taper mixes neighbouring frequencies, so the ring around zero says nothing; nor does what is above 0.8 of the
    # Nyquist frequency, where kernels end.
    edges = np.arange(1.5, 0.8 * min(nyquist, 0.5 / max(pixel_mm)) / width - 1) * width
    rings = [(nu >= low) & (nu < low + width) for low in edges]
    total = np.array([power[ring].sum() for ring in rings])
    return Window(
        frequency=np.array([np.average(nu[ring], weights=power[ring]) for ring in rings]),
        response=np.array([np.real(cross[ring]).sum() for ring in rings]) / total,
        weight=np.array([ring.sum() for ring in rings], float),
        nyquist=nyquist,
        coherence=coherence,
        blocks=blocks,
    )
