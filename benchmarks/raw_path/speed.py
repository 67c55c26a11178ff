"""Speed of the backprojection: voxel updates of a core-second, beside what memory and arithmetic would allow.

An update is a voxel in a view whose detector sees it: the same count for helical and circular scans. Times are of the
processor, so that other programs on the machine hardly matter.
"""

from __future__ import annotations

import time

import numba
import numpy as np
from numba import njit

from benchmarks.raw_path.scanner import FULL
from ldct.projection.geometry import helical
from ldct.reconstruction.backprojection import backproject
from ldct.reconstruction.rebinning import parallel_grid, spirals
from ldct.reconstruction.wfbp import FLAT, row_weights

SIZE, SLICES, PIXEL_MM, SPACING_MM = 512, 64, 0.7, 0.45


def wfbp() -> tuple[float, float, float]:
    """Updates a core-second, (voxel, direction) pairs a core-second, and core-seconds of the memory floor."""
    geometry = helical(FULL, views_per_rotation=288, pitch=0.8, start_mm=-50, stop_mm=50)
    (spiral,) = spirals(geometry)
    grid = parallel_grid(spiral, FULL.column_spacing_mm * FULL.source_isocentre_mm / FULL.source_detector_mm)
    x = (np.arange(SIZE) - (SIZE - 1) / 2) * PIXEL_MM
    z = (np.arange(SLICES) - (SLICES - 1) / 2) * SPACING_MM
    views = np.random.default_rng(0).standard_normal((grid.count, len(grid.t), FULL.rows)).astype(np.float32)
    weights = row_weights(FULL.rows, FLAT)
    total, complete = np.zeros((SIZE, SIZE, SLICES), np.float32), np.ones((SIZE, SIZE, SLICES), bool)
    numba.set_num_threads(1)
    backproject(views[:1], weights, grid, spiral, FULL, x, x, z, total, complete)
    start = time.process_time()
    backproject(views, weights, grid, spiral, FULL, x, x, z, total, complete)
    seconds = time.process_time() - start
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    some = slice(SIZE // 32, None, SIZE // 16)
    seen = 0
    for theta in grid.first + grid.step * np.arange(grid.count):
        t = x[None, some] * np.cos(theta) + x[some, None] * np.sin(theta)
        gamma = np.arcsin(t / spiral.rho_mm)
        length = x[None, some] * np.sin(theta) - x[some, None] * np.cos(theta) + spiral.rho_mm * np.cos(gamma)
        below = (z - (spiral.z_at_zero + spiral.slope * (theta - gamma))[..., None]) / length[..., None]
        row = FULL.central_row - 1 - below * FULL.source_detector_mm / FULL.row_spacing_mm
        seen += ((row >= 0) & (row <= FULL.rows - 1)).mean() * SIZE * SIZE * SLICES
    directions = SIZE * SIZE * SLICES * grid.half_turn
    return seen / seconds, directions / seconds, (views.nbytes + 2 * total.nbytes) / _bandwidth() / seconds


def _bandwidth() -> float:
    """Bytes a second of a large copy, reading and writing."""
    source = np.ones(1 << 26, np.float32)
    target = np.zeros_like(source)
    start = time.process_time()
    np.copyto(target, source)
    return 2 * source.nbytes / (time.process_time() - start)


def arithmetic_peak() -> float:
    """Multiply-adds a second of one core on numbers that stay in the first cache."""
    a, b = np.full(1024, 0.5, np.float32), np.full(1024, 0.25, np.float32)
    _chains(a, b, 1)
    start = time.process_time()
    _chains(a, b, 200_000)
    return 200_000 * 1024 * 4 / (time.process_time() - start)


@njit(fastmath=True)
def _chains(a, b, rounds):
    for _ in range(rounds):
        for i in range(a.size):
            value = a[i]
            value = value * b[i] + np.float32(0.1)
            value = value * b[i] + np.float32(0.2)
            value = value * b[i] + np.float32(0.3)
            a[i] = value * b[i] + np.float32(0.4)


def report() -> None:
    updates, directions, memory = wfbp()
    print(f"rate wfbp {updates / 1e9:.2f} 1e9 voxel updates a core-second")
    # Four multiply-adds for each voxel and direction are what the bilinear mean of the lines needs.
    print(
        f"share wfbp of the arithmetic floor {4 * directions / arithmetic_peak():.3f}, of the memory floor {memory:.3f}"
    )
    try:
        from benchmarks.raw_path.rtk import fdk_updates_per_second
    except ImportError:
        print("ratio wfbp_per_core_vs_itk_rtk unavailable: pip install 'ldct[bench]' gets itk-rtk")
        return
    theirs = fdk_updates_per_second(FULL, SIZE, SLICES, PIXEL_MM, SPACING_MM)
    print(f"ratio wfbp_per_core_vs_itk_rtk {updates / theirs:.1f}")
