"""The row-weighted, normalised 3D backprojection of WFBP (Stierstorfer 2004, eq. 10-12).

Rows are the innermost index of the data and slices that of the image, so that a ray's slices are one short loop
over contiguous memory; its gather and its arithmetic stand in loops of their own, of which the second is SIMD.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

TILE = 16
BLOCK = 16  # slices or rows of one SIMD step
F = np.float32


@njit(cache=True, fastmath=True, error_model="numpy", forceinline=True)
def _add_ray(filtered, g, m, frac, start, rate, low, high, rows, taper, edge, profile, value, numerator, denominator):
    """Add slices low..high of the ray whose detector row at slice i is start + rate i, weighted by its row.

    All arrays are padded to whole blocks: slices of the first and last block outside the detector get weight 0.
    """
    for block in range(filtered.shape[2] // BLOCK):
        for lane in range(BLOCK):
            r = block * BLOCK + lane
            profile[r] = filtered[g, m, r] + frac * (filtered[g, m + np.uint64(1), r] - filtered[g, m, r])
    top, half = F(rows - 1), F(0.5 * (rows - 1))
    for i in range(low, high):
        row = min(max(start + rate * F(np.int32(i)), F(0)), top)
        r = np.int32(row)
        u = np.uint64(r)
        value[i] = profile[u] + (row - F(r)) * (profile[u + np.uint64(1)] - profile[u])
    for block in range(low // BLOCK, (high + BLOCK - 1) // BLOCK):
        for lane in range(BLOCK):
            i = block * BLOCK + lane
            q = abs(start + rate * F(np.int32(i)) - half) * taper - edge
            q = min(max(q, F(-0.5 * np.pi)), F(0.5 * np.pi))
            q2 = q * q
            # cos^2 falling from 1 to 0 is (1 - sin q) / 2; the polynomial is within 1e-4 of it, and 0 at the end.
            weight = max(F(0.49995) - q * (F(0.499848) + q2 * (F(-0.0828340) + q2 * F(0.00375715))), F(0))
            numerator[i] += weight * value[i]
            denominator[i] += weight


@njit(parallel=True, cache=True, fastmath=True, error_model="numpy")
def backproject(
    filtered, n_row, first, step, half_turn, t0, dt, reach, gamma, rho, z_at_zero, slope, axial_shift, row0,
    row_spacing, flat, x, y, z0, dz, total, covered,
):  # fmt: skip
    """Add one focal spot's slices to `total` (y, x, z) and count its complete directions in `covered`.

    `filtered` is (views, t, rows padded to whole blocks), rows innermost, of which `n_row` are real; for each direction
    theta_j in [0, pi) the measured half turns k are averaged with weights W(q), q the row relative to the detector's
    half height: 1 up to `flat`, then cos^2 to 0 at 1. `reach` and `gamma` hold, for each t, the distance from spot to
    detector and the fan angle.
    """
    n_view, n_t = filtered.shape[0], filtered.shape[1]
    ny, nx, nz = total.shape
    half = F(0.5 * (n_row - 1))
    # |q| = flat maps to -pi/2 and |q| = 1 to pi/2.
    taper = F(np.pi / (1 - flat)) / half
    edge = F(np.pi * (flat / (1 - flat) + 0.5))
    tiles_x, tiles_y = (nx + TILE - 1) // TILE, (ny + TILE - 1) // TILE
    norm = F(np.pi / half_turn)
    for tile in prange(tiles_x * tiles_y):
        y_low, x_low = (tile // tiles_x) * TILE, (tile % tiles_x) * TILE
        padded = (nz + BLOCK - 1) // BLOCK * BLOCK
        numerator, denominator, value = np.zeros(padded, F), np.zeros(padded, F), np.zeros(padded, F)
        profile = np.zeros(filtered.shape[2] + 1, F)
        for j in range(min(half_turn, n_view)):
            theta = first + j * step
            sin, cos = np.sin(theta), np.cos(theta)
            for iy in range(y_low, min(y_low + TILE, ny)):
                for ix in range(x_low, min(x_low + TILE, nx)):
                    t = x[ix] * cos + y[iy] * sin
                    depth = x[ix] * sin - y[iy] * cos
                    if abs(t) >= rho:
                        continue
                    chord = np.sqrt(rho * rho - t * t)
                    used_low, used_high = nz, 0
                    for g in range(j, n_view, half_turn):
                        position = (t - t0) / dt
                        m = int(np.floor(position))
                        if 0 <= m <= n_t - 2:
                            frac = position - m
                            scale = reach[m] / (depth + chord) / row_spacing
                            beta = first + g * step - (gamma[m] + frac * (gamma[m + 1] - gamma[m]))
                            z_source = z_at_zero + slope * beta
                            start = row0 - axial_shift / row_spacing - (z0 - z_source) * scale
                            rate = -scale * dz
                            # Slices whose row lies inside the detector.
                            e0, e1 = -start / rate, (n_row - 1 - start) / rate
                            low = int(max(np.ceil(min(e0, e1)), 0.0))
                            high = int(min(np.floor(max(e0, e1)), nz - 1.0)) + 1
                            if low < high:
                                used_low, used_high = min(low, used_low), max(high, used_high)
                                _add_ray(
                                    filtered, np.uint64(g), np.uint64(m), F(frac), F(start), F(rate), low, high,
                                    n_row, taper, edge, profile, value, numerator, denominator,
                                )  # fmt: skip
                        t, depth = -t, -depth
                    for i in range(used_low, used_high):
                        seen = denominator[i] > 0
                        total[iy, ix, i] += norm * numerator[i] / (denominator[i] if seen else F(1))
                        covered[iy, ix, i] += seen
                    for i in range(used_low // BLOCK * BLOCK, (used_high + BLOCK - 1) // BLOCK * BLOCK):
                        numerator[i] = 0
                        denominator[i] = 0
