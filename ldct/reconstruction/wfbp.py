"""Helical weighted filtered backprojection (Stierstorfer 2004) for cylindrical detectors and flying focal spots."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import fft

from ldct.projection.geometry import Geometry
from ldct.reconstruction.backprojection import backproject
from ldct.reconstruction.kernels import Kernel, filter_taps
from ldct.reconstruction.rebinning import Codes, ParallelGrid, Spiral, parallel_grid, rebin, spirals
from ldct.threads import limit_threads

# Share of the detector's half height with full weight. FreeCT takes 0.6 and Flohr (2003) 0.5: less noise by up to 13 %,
# but two to three times the cone artefacts, which between bones reach 2 HU in the mean of a region.
FLAT = 0.0
VIEWS = 128  # rebinned and filtered at a time


def reconstruct_grid(
    codes: Codes,
    geometry: Geometry,
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
    *,
    scale: tuple[float, float] = (1.0, 0.0),
    kernel: str | Kernel = "hann",
    flat: float = FLAT,
) -> np.ndarray:
    """Attenuation (1/mm) at the points of the grid, (z, y, x) float32, NaN where a direction was not measured.

    `codes` is (views, columns, rows) with line integrals codes * scale[0] + scale[1], or a function (start, stop, step)
    that reads such views; x, y and z are coordinates in the DICOM-CT-PD frame in mm, z evenly spaced. Each focal spot
    is reconstructed from its own helix, and the images are averaged. Raises InputError where the views do not form a
    regular helix.
    """
    threads = limit_threads()
    x, y, z = (np.ascontiguousarray(axis, np.float64) for axis in (x, y, z))
    found = spirals(geometry)
    total = np.zeros((len(y), len(x), len(z)), np.float32)
    complete = np.ones(total.shape, bool)
    weights = row_weights(geometry.detector.rows, flat)
    radius = float(np.hypot(np.abs(x).max(), np.abs(y).max()))
    for spiral in found:
        filtered, grid = filtered_views(
            codes, geometry, spiral, scale=scale, kernel=kernel, weights=weights, radius_mm=radius, threads=threads
        )
        if grid.count < grid.half_turn:
            complete[:] = False
            break
        backproject(filtered, weights, grid, spiral, geometry.detector, x, y, z, total, complete)
        del filtered
    total /= len(found)
    total[~complete] = np.nan
    return np.ascontiguousarray(total.transpose(2, 0, 1))


def row_weights(rows: int, flat: float) -> np.ndarray:
    """W(q) of each row, (rows,) float32, q its distance from the middle relative to the half height.

    1 up to `flat`, then cos^2 to 0 at 1 (Stierstorfer 2004, eq. 11).
    """
    half = 0.5 * (rows - 1)
    q = np.clip((np.abs(np.arange(rows) - half) / half - flat) / (1 - flat), 0, 1)
    return np.where(q < 1, np.cos(np.pi / 2 * q) ** 2, 0).astype(np.float32)


def filtered_views(
    codes: Codes, geometry: Geometry, spiral: Spiral, *, scale: tuple[float, float], kernel: str | Kernel,
    weights: np.ndarray, radius_mm: float = np.inf, threads: int = 1,
) -> tuple[np.ndarray, ParallelGrid]:  # fmt: skip
    """Rebinned and filtered parallel views (views, t, rows), 1/mm, times the rows' `weights`, and their grid.

    Only positions t that points within `radius_mm` need are returned.
    """
    d = geometry.detector
    grid = parallel_grid(spiral, d.column_spacing_mm * d.source_isocentre_mm / d.source_detector_mm)
    height = -(np.arange(1, d.rows + 1) - d.central_row) * d.row_spacing_mm - spiral.axial_shift
    cone = spiral.source_detector_mm / np.hypot(spiral.source_detector_mm, height)
    response = _response(kernel, len(grid.t), grid.spacing_mm)
    kept = np.flatnonzero(np.abs(grid.t) < radius_mm + 2 * grid.spacing_mm)
    low, high = (kept[0], kept[-1] + 1) if len(kept) > 1 else (0, len(grid.t))
    out = np.empty((grid.count, high - low, d.rows), np.float32)
    for start in range(0, grid.count, VIEWS):
        stop = min(start + VIEWS, grid.count)
        block = rebin(codes, scale, spiral, grid, cone * weights, start, stop)
        # Two rows as the real and the imaginary part of one: the response is real.
        pairs = fft.fft(block.view(np.complex64), response.size, axis=1, workers=threads)
        pairs *= response[:, None]
        pairs = np.asarray(fft.ifft(pairs, axis=1, overwrite_x=True, workers=threads))[:, low:high]
        out[start:stop] = np.ascontiguousarray(pairs).view(np.float32)[:, :, : d.rows]
    return out, replace(grid, t=grid.t[low:high], gamma=grid.gamma[low:high], reach=grid.reach[low:high])


def _response(kernel: str | Kernel, count: int, spacing_mm: float) -> np.ndarray:
    """Real frequency response, float32, of the filter of `count` positions, padded beyond aliasing."""
    taps = filter_taps(kernel, count, spacing_mm) * spacing_mm
    wrapped = np.zeros(fft.next_fast_len(2 * count - 1))  # pyright: ignore[reportCallIssue, reportArgumentType]
    wrapped[:count] = taps
    wrapped[len(wrapped) - count + 1 :] = taps[:0:-1]
    return np.real(np.asarray(fft.fft(wrapped))).astype(np.float32)
