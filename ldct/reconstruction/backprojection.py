"""The row-weighted, normalised 3D backprojection of WFBP (Stierstorfer 2004, eq. 10-12), a tile of the image at a time.

In one direction, what a point receives depends on its position across the rays (t), along them (s) and on z. Along s it
changes slowly, with the magnification of the detector rows. So each tile first gets lines of points on a coarse grid, t
as measured and s in steps over which the row moves by at most half its height, and every voxel takes the bilinear mean
of four lines. Lines run along z, innermost in memory: the few lines do the gathers and the weights, and the many voxels
only add contiguous vectors.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from ldct.compiled import njit
from ldct.projection.geometry import Detector
from ldct.reconstruction.rebinning import ParallelGrid, Spiral

F, U = np.float32, np.uint64
TILE_MM = 45.0  # larger tiles share more lines between voxels, until a tile leaves the cache
CHUNK = 64  # slices of a tile


def backproject(
    filtered: np.ndarray, weights: np.ndarray, grid: ParallelGrid, spiral: Spiral, detector: Detector,
    x: np.ndarray, y: np.ndarray, z: np.ndarray, total: np.ndarray, complete: np.ndarray,
) -> None:  # fmt: skip
    """Add one focal spot's image to `total` (y, x, z) and clear `complete` where a direction was not measured.

    `filtered` is (views, t, rows), float32, on the views and positions of `grid`, already times `weights`, those of the
    detector rows, (rows,); in each direction of [0, pi) the measured half turns are averaged with these weights. z is
    evenly spaced, mm.
    """
    tile = int(np.clip(round(TILE_MM / max(_spacing(x), _spacing(y))), 8, 64))
    widest = np.hypot(_widest(x, tile), _widest(y, tile))
    depth_step = spiral.rho_mm / (len(weights) - 1)
    _backproject(
        filtered, weights, grid.first, grid.step, grid.half_turn, float(grid.t[0]), grid.spacing_mm,
        np.ascontiguousarray(grid.reach), np.ascontiguousarray(grid.gamma), spiral.rho_mm, spiral.z_at_zero,
        spiral.slope, detector.central_row - 1.0 - spiral.axial_shift / detector.row_spacing_mm,
        detector.row_spacing_mm, x, y, float(z[0]), _spacing(z) if len(z) < 2 else float(z[1] - z[0]), tile,
        int(widest / grid.spacing_mm) + 4, int(widest / depth_step) + 3, depth_step, total, complete,
    )  # fmt: skip


def _spacing(axis: np.ndarray) -> float:
    return float(np.abs(np.diff(axis)).max()) if len(axis) > 1 else 1.0


def _widest(axis: np.ndarray, tile: int) -> float:
    ends = range(0, len(axis), tile)
    return max(float(abs(axis[min(low + tile, len(axis)) - 1] - axis[low])) for low in ends)


# Unsigned indices: with signed ones numba allows for negative values, and the loops are no longer SIMD.
@njit(fastmath=True, error_model="numpy", forceinline=True)
def _add_line(filtered, g, c, weights, start, rate, low, high, lines, m, s, sums, index, share):
    """Add slices low..high of one ray, whose detector row at slice i is start + rate i, to a line and its weights."""
    top = np.int32(filtered.shape[2] - 2)
    for i in range(U(low), U(high)):
        row = max(start + rate * F(np.int32(i)), F(0))
        r = min(np.int32(row), top)
        index[i] = r
        share[i] = row - F(r)
    for i in range(U(low), U(high)):
        r = U(index[i])
        value, weight = filtered[g, c, r], weights[r]
        lines[m, s, i] += value + share[i] * (filtered[g, c, r + U(1)] - value)
        sums[s, i] += weight + share[i] * (weights[r + U(1)] - weight)


@njit(fastmath=True, error_model="numpy", forceinline=True)
def _normalise(lines, unseen, m, s, sums, slices):
    """Divide a line by its sum of weights; whether a slice of it was not measured."""
    gap = F(0)
    for i in range(U(slices)):
        hole = sums[s, i] <= 0
        unseen[m, s, i] = hole
        gap += F(hole)
        lines[m, s, i] /= max(sums[s, i], F(1e-20))
    return gap > 0


@njit(fastmath=True, error_model="numpy", forceinline=True)
def _add_voxel(image, iy, ix, lines, m, s, a, b, c, d, slices):
    for i in range(U(slices)):
        near = a * lines[m, s, i] + b * lines[m, s + U(1), i]
        image[iy, ix, i] += near + c * lines[m + U(1), s, i] + d * lines[m + U(1), s + U(1), i]


@njit(fastmath=True, error_model="numpy")
def _add_measured(image, iy, ix, lines, unseen, m, s, a, b, c, d, slices, complete, y, x, z):
    """The same with the corners that were measured; where there is none, the voxel is incomplete."""
    for i in range(slices):
        total, value = F(0), F(0)
        for corner, weight in enumerate((a, b, c, d)):
            line, step = m + corner // 2, s + corner % 2
            if not unseen[line, step, i]:
                total += weight
                value += weight * lines[line, step, i]
        if total > F(1e-6):
            image[iy, ix, i] += value / total
        else:
            complete[y, x, z + i] = False


@njit(parallel=True, fastmath=True, error_model="numpy")
def _backproject(
    filtered, weights, first, step, half_turn, t0, dt, reach, gamma, rho, z_at_zero, slope, central, row_spacing,
    x, y, z0, dz, tile, most_t, most_s, depth_step, total, complete,
):  # fmt: skip
    n_view, n_t, n_row = filtered.shape
    ny, nx, nz = total.shape
    tiles_x, tiles_y, chunks = (nx + tile - 1) // tile, (ny + tile - 1) // tile, (nz + CHUNK - 1) // CHUNK
    mirror = int(np.round(-2 * t0 / dt))  # the position -t is column `mirror` - column
    for part in prange(tiles_x * tiles_y * chunks):
        z_low, y_low = part // (tiles_x * tiles_y) * CHUNK, part // tiles_x % tiles_y * tile
        x_low = part % tiles_x * tile
        z_high, y_high, x_high = min(z_low + CHUNK, nz), min(y_low + tile, ny), min(x_low + tile, nx)
        slices = z_high - z_low
        image = np.zeros((y_high - y_low, x_high - x_low, slices), F)
        lines, unseen = np.empty((most_t, most_s, slices), F), np.empty((most_t, most_s, slices), np.bool_)
        sums, index, share = np.empty((most_s, slices), F), np.empty(slices, np.int32), np.empty(slices, F)
        x_mid, y_mid = 0.5 * (x[x_low] + x[x_high - 1]), 0.5 * (y[y_low] + y[y_high - 1])
        x_half, y_half = 0.5 * abs(x[x_high - 1] - x[x_low]), 0.5 * abs(y[y_high - 1] - y[y_low])
        for j in range(min(half_turn, n_view)):
            theta = first + j * step
            sin, cos = np.sin(theta), np.cos(theta)
            t_half, s_half = x_half * abs(cos) + y_half * abs(sin), x_half * abs(sin) + y_half * abs(cos)
            t_mid, s_low = x_mid * cos + y_mid * sin, x_mid * sin - y_mid * cos - s_half
            m_low = max(0, int(np.floor((t_mid - t_half - t0) / dt)))
            m_high = min(n_t - 1, int(np.floor((t_mid + t_half - t0) / dt)) + 1)
            n_s = max(2, int(np.ceil(2 * s_half / depth_step)) + 1)
            s_step = max(2 * s_half / (n_s - 1), 1e-3)
            holes = False
            for m in range(m_low, m_high + 1):
                line = U(m - m_low)
                chord = np.sqrt(rho * rho - (t0 + m * dt) ** 2)
                for s in range(U(n_s)):
                    for i in range(U(slices)):
                        lines[line, s, i] = 0
                        sums[s, i] = 0
                column, sign = m, 1.0
                for g in range(j, n_view, half_turn):
                    if 0 <= column < n_t:
                        below = z0 + z_low * dz - z_at_zero - slope * (first + g * step - gamma[column])
                        rows = reach[column] / row_spacing
                        for s in range(n_s):
                            scale = rows / (sign * (s_low + s * s_step) + chord)
                            start, rate = central - below * scale, -dz * scale
                            last = start + rate * (slices - 1)
                            near, far = min(start, last), max(start, last)
                            if far < 0 or near > n_row - 1:
                                continue
                            low, high = 0, slices
                            if near < 0 or far > n_row - 1:
                                # Slices whose row lies inside the detector.
                                e0, e1 = -start / rate, (n_row - 1 - start) / rate
                                low = int(max(np.ceil(min(e0, e1)), 0.0))
                                high = int(min(np.floor(max(e0, e1)), slices - 1.0)) + 1
                            if low < high:
                                _add_line(
                                    filtered, U(g), U(column), weights, F(start), F(rate), low, high, lines, line, U(s),
                                    sums, index, share,
                                )  # fmt: skip
                    column, sign = mirror - column, -sign
                for s in range(U(n_s)):
                    holes |= _normalise(lines, unseen, line, s, sums, slices)
            for iy in range(y_low, y_high):
                for ix in range(x_low, x_high):
                    place = (x[ix] * cos + y[iy] * sin - t0) / dt
                    m = int(np.floor(place))
                    if m < 0 or m > n_t - 2:
                        complete[iy, ix, z_low:z_high] = False
                        continue
                    depth = (x[ix] * sin - y[iy] * cos - s_low) / s_step
                    s = min(max(int(depth), 0), n_s - 2)
                    ft, fs = F(place - m), F(depth - s)
                    a, b = (F(1) - ft) * (F(1) - fs), (F(1) - ft) * fs
                    c, d = ft * (F(1) - fs), ft * fs
                    if holes:
                        _add_measured(
                            image, iy - y_low, ix - x_low, lines, unseen, m - m_low, s, a, b, c, d, slices, complete,
                            iy, ix, z_low,
                        )  # fmt: skip
                    else:
                        _add_voxel(image, U(iy - y_low), U(ix - x_low), lines, U(m - m_low), U(s), a, b, c, d, slices)
        for iy in range(y_low, y_high):
            for ix in range(x_low, x_high):
                for i in range(slices):
                    total[iy, ix, z_low + i] += F(np.pi / half_turn) * image[iy - y_low, ix - x_low, i]
