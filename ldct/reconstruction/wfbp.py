"""Helical weighted filtered backprojection (Stierstorfer 2004) for cylindrical detectors and flying focal spots."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ldct.projection.geometry import Geometry
from ldct.projection.threads import limit_threads
from ldct.reconstruction.backprojection import backproject
from ldct.reconstruction.kernels import Kernel, convolution_matrix, filter_taps
from ldct.reconstruction.rebinning import ParallelGrid, Spiral, parallel_grid, rebin, spirals

FLAT = 0.6  # share of the detector's half height with full weight (FreeCT; Flohr 2003 uses 0.5)


def reconstruct_grid(
    codes: np.ndarray,
    geometry: Geometry,
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
    *,
    scale: tuple[float, float] = (1.0, 0.0),
    kernel: str | Kernel = "hann",
    flat: float = FLAT,
    progress: Callable[[float], None] | None = None,
) -> np.ndarray:
    """Attenuation (1/mm) at the points of the grid, (z, y, x) float32, NaN where a direction was not measured.

    `codes` is (views, columns, rows) with line integrals codes * scale[0] + scale[1]; x, y and z are coordinates
    in the DICOM-CT-PD frame in mm, z evenly spaced. Each focal spot is reconstructed from its own helix, and the
    images are averaged. Raises InputError where the views do not form a regular helix.
    """
    limit_threads()
    x, y, z = (np.ascontiguousarray(axis, np.float64) for axis in (x, y, z))
    found = spirals(geometry)
    total = np.zeros((len(y), len(x), len(z)), np.float32)
    complete = np.ones(total.shape, bool)
    for number, spiral in enumerate(found):
        filtered, grid = filtered_views(codes, geometry, spiral, scale=scale, kernel=kernel)
        complete &= backproject_spiral(filtered, grid, spiral, geometry, x, y, z, flat, total)
        if progress is not None:
            progress((number + 1) / len(found))
    total /= len(found)
    total[~complete] = np.nan
    return np.ascontiguousarray(total.transpose(2, 0, 1))


def filtered_views(
    codes: np.ndarray, geometry: Geometry, spiral: Spiral, *, scale: tuple[float, float], kernel: str | Kernel
) -> tuple[np.ndarray, ParallelGrid]:
    """Rebinned and filtered parallel views (views, t, rows), 1/mm, and their grid."""
    d = geometry.detector
    grid = parallel_grid(spiral, d.column_spacing_mm * d.source_isocentre_mm / d.source_detector_mm)
    row_z = -(np.arange(1, d.rows + 1) - d.central_row) * d.row_spacing_mm - spiral.axial_shift
    parallel = rebin(codes, scale, spiral, grid, row_z)
    matrix = convolution_matrix(filter_taps(kernel, len(grid.t), grid.spacing_mm) * grid.spacing_mm)
    for start in range(0, len(parallel), 64):  # in place, so that only one block is held twice
        block = parallel[start : start + 64]
        block[...] = np.matmul(matrix, block)
    return parallel, grid


def backproject_spiral(
    filtered: np.ndarray, grid: ParallelGrid, spiral: Spiral, geometry: Geometry,
    x: np.ndarray, y: np.ndarray, z: np.ndarray, flat: float, total: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Add one focal spot's image to `total` (y, x, z); return where every direction was measured."""
    d = geometry.detector
    covered = np.zeros(total.shape, np.int16)
    backproject(
        filtered, d.rows, grid.first, grid.step, grid.half_turn, float(grid.t[0]), grid.spacing_mm,
        np.ascontiguousarray(grid.reach), grid.gamma, spiral.rho_mm, spiral.z_at_zero, spiral.slope, spiral.axial_shift,
        d.central_row - 1.0, d.row_spacing_mm, flat, x, y, float(z[0]), float(z[1] - z[0]) if len(z) > 1 else 1.0,
        total, covered,
    )  # fmt: skip
    return covered == grid.half_turn
