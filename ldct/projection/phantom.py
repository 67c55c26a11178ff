"""Analytic phantoms: additive ellipsoids and clipped elliptic cylinders with exact line integrals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numba import prange

from ldct.compiled import njit
from ldct.projection.geometry import Geometry
from ldct.threads import limit_threads

ELLIPSOID, CYLINDER = 0, 1


Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass
class Phantom:
    """Objects whose densities (1/mm) add where they overlap, so that an inner object carries a difference."""

    _rows: list[tuple] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._rows)

    def ellipsoid(
        self,
        centre: Sequence[float],
        semi_axes: Sequence[float],
        density: float,
        rotation: np.ndarray | float = 0.0,
    ) -> None:
        """Add an ellipsoid; `rotation` is a 3x3 matrix or an angle (rad) about z; lengths in mm, density in 1/mm."""
        turn = np.asarray(rotation, float) if isinstance(rotation, np.ndarray) else _about_z(rotation)
        axes = np.asarray(semi_axes, float)
        spread = (turn * axes**2) @ turn.T
        in_plane = np.sqrt(np.linalg.eigvalsh(spread[:2, :2])[-1])
        matrix = (turn / axes).T
        extent = np.sqrt(spread[2, 2])
        c = np.asarray(centre, float)
        self._rows.append((ELLIPSOID, c, matrix, (c[2] - extent, c[2] + extent), in_plane, float(density)))

    def cylinder(
        self,
        centre: Sequence[float],
        semi_axes: Sequence[float],
        z_range: tuple[float, float],
        density: float,
        angle: float = 0.0,
    ) -> None:
        """Add an elliptic cylinder along z, cut at `z_range`; `centre` and `semi_axes` are (x, y), mm."""
        turn = _about_z(angle)
        a, b = semi_axes
        matrix = (turn / np.array([a, b, 1.0])).T
        c = np.array([centre[0], centre[1], sum(z_range) / 2])
        self._rows.append((CYLINDER, c, matrix, tuple(z_range), max(a, b), float(density)))

    def arrays(self) -> Arrays:
        """kind (n,), centre (n,3), matrix to unit body (n,3,3), z range (n,2), in-plane radius (n,), density (n,)."""
        if not self._rows:
            shapes = ((0,), (0, 3), (0, 3, 3), (0, 2), (0,), (0,))
            kinds = (np.int64, *(np.float64,) * 5)
            kind, centre, matrix, z, radius, density = (np.zeros(s, k) for s, k in zip(shapes, kinds, strict=True))
        else:
            columns = (np.ascontiguousarray(np.array(column)) for column in zip(*self._rows, strict=True))
            kind, centre, matrix, z, radius, density = columns
        return kind, centre, matrix, z, radius, density

    def line_integrals(self, geometry: Geometry, subrays: tuple[int, int] = (1, 1)) -> np.ndarray:
        """Line integrals (views, columns, rows), float32.

        `subrays` (per column, per row) averages the intensity exp(-p) over a grid in each detector element, as a
        real element does; (1, 1) is the exact integral of the ray to the element's centre.
        """
        limit_threads()
        d = geometry.detector
        if d.shape != "CYLINDRICAL":
            raise ValueError(f"analytic projection needs a CYLINDRICAL detector, not {d.shape}")
        columns, rows = subrays
        fan = _subdivide(d.fan_angle, d.column_spacing_mm / d.source_detector_mm, columns)
        offset = _subdivide(-(np.arange(1, d.rows + 1) - d.central_row) * d.row_spacing_mm, -d.row_spacing_mm, rows)
        out = np.empty((len(geometry), d.columns, d.rows), np.float32)
        focal = geometry.focal_centre
        _project(
            *self.arrays(), geometry.source, focal, np.asarray(geometry.angle, float), fan, offset,
            float(d.source_detector_mm), columns, rows, out,
        )  # fmt: skip
        return out

    def image(self, x: np.ndarray, y: np.ndarray, z: np.ndarray, samples: int = 1) -> np.ndarray:
        """Densities (1/mm) on the grid z, y, x (regular, mm), float32; `samples` per axis average inside a voxel."""
        limit_threads()
        at_z, at_y, at_x = (_subdivide(np.asarray(axis, float), _step(axis), samples) for axis in (z, y, x))
        out = np.zeros((len(z), len(y), len(x)), np.float32)
        _sample(*self.arrays(), at_z, at_y, at_x, samples, out)
        return out


def _about_z(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _step(axis: np.ndarray) -> float:
    return float(axis[1] - axis[0]) if len(axis) > 1 else 0.0


def _subdivide(centres: np.ndarray, width: float, parts: int) -> np.ndarray:
    offsets = ((np.arange(parts) + 0.5) / parts - 0.5) * width
    return (np.asarray(centres, float)[:, None] + offsets).ravel()


@njit(parallel=True, fastmath=True, error_model="numpy")
def _project(kind, centre, matrix, z_range, radius, density, source, focal, angle, fan, offset, d0, sc, sr, out):
    n_fan, n_row = fan.size, offset.size
    fan_step, row_step = fan[1] - fan[0], offset[1] - offset[0]
    for v in prange(out.shape[0]):
        sx, sy, sz = source[v]
        shift = np.sqrt((sx - focal[v, 0]) ** 2 + (sy - focal[v, 1]) ** 2)
        beta = np.arctan2(-sx, sy)
        ex, ey = np.empty(n_fan), np.empty(n_fan)
        for c in range(n_fan):
            ex[c] = focal[v, 0] + d0 * np.sin(angle[v] + fan[c]) - sx
            ey[c] = focal[v, 1] - d0 * np.cos(angle[v] + fan[c]) - sy
        ez = focal[v, 2] + offset - sz
        total = np.zeros((n_fan, n_row))
        for k in range(kind.size):
            ox, oy = centre[k, 0] - sx, centre[k, 1] - sy
            distance = np.sqrt(ox * ox + oy * oy)
            c_low, c_high, r_low, r_high = 0, n_fan, 0, n_row
            if distance > radius[k] * 1.0001:
                # Columns and rows that the bounding body can shade; the margin covers the shifted focal spot.
                gamma = np.arctan2(ox, -oy) - beta
                gamma -= 2 * np.pi * np.round(gamma / (2 * np.pi))
                half = np.arcsin(radius[k] / distance) + 1.5 * shift / d0
                c_low = max(0, int(np.floor((gamma - half - fan[0]) / fan_step)) - 1)
                c_high = min(n_fan, int(np.ceil((gamma + half - fan[0]) / fan_step)) + 2)
                near, far = (d0 + shift) / (distance - radius[k]), (d0 - shift) / (distance + radius[k])
                top, bottom = z_range[k, 1] - sz, z_range[k, 0] - sz
                top = top * (near if top > 0 else far)
                bottom = bottom * (near if bottom < 0 else far)
                first = (top - ez[0]) / row_step
                last = (bottom - ez[0]) / row_step
                r_low = max(0, int(min(max(np.floor(min(first, last)) - 1, -1.0), 1e6)))
                r_high = min(n_row, int(max(min(np.ceil(max(first, last)) + 2, 1e6), -1.0)))
            if c_low >= c_high or r_low >= r_high:
                continue
            a = matrix[k]
            qx, qy, qz = sx - centre[k, 0], sy - centre[k, 1], sz - centre[k, 2]
            if kind[k] == 0:
                p0 = a[0, 0] * qx + a[0, 1] * qy + a[0, 2] * qz
                p1 = a[1, 0] * qx + a[1, 1] * qy + a[1, 2] * qz
                p2 = a[2, 0] * qx + a[2, 1] * qy + a[2, 2] * qz
                c0 = p0 * p0 + p1 * p1 + p2 * p2 - 1.0
                pz = p0 * a[0, 2] + p1 * a[1, 2] + p2 * a[2, 2]
                zz = a[0, 2] ** 2 + a[1, 2] ** 2 + a[2, 2] ** 2
                for c in range(c_low, c_high):
                    v0 = a[0, 0] * ex[c] + a[0, 1] * ey[c]
                    v1 = a[1, 0] * ex[c] + a[1, 1] * ey[c]
                    v2 = a[2, 0] * ex[c] + a[2, 1] * ey[c]
                    vv = v0 * v0 + v1 * v1 + v2 * v2
                    vz = v0 * a[0, 2] + v1 * a[1, 2] + v2 * a[2, 2]
                    pv = p0 * v0 + p1 * v1 + p2 * v2
                    for r in range(r_low, r_high):
                        z = ez[r]
                        square = vv + z * (2 * vz + z * zz)
                        linear = pv + z * pz
                        total[c, r] += density[k] * 2 * np.sqrt(max(linear * linear - square * c0, 0.0)) / square
            else:
                p0 = a[0, 0] * qx + a[0, 1] * qy
                p1 = a[1, 0] * qx + a[1, 1] * qy
                c0 = p0 * p0 + p1 * p1 - 1.0
                for c in range(c_low, c_high):
                    v0 = a[0, 0] * ex[c] + a[0, 1] * ey[c]
                    v1 = a[1, 0] * ex[c] + a[1, 1] * ey[c]
                    square = v0 * v0 + v1 * v1
                    linear = p0 * v0 + p1 * v1
                    disc = linear * linear - square * c0
                    if disc <= 0.0:
                        continue
                    enter, leave = (-linear - np.sqrt(disc)) / square, (-linear + np.sqrt(disc)) / square
                    for r in range(r_low, r_high):
                        z = ez[r] if abs(ez[r]) > 1e-12 else 1e-12
                        u0, u1 = (z_range[k, 0] - sz) / z, (z_range[k, 1] - sz) / z
                        inside = min(leave, max(u0, u1)) - max(enter, min(u0, u1))
                        total[c, r] += density[k] * max(inside, 0.0)
        for c in range(out.shape[1]):
            for r in range(out.shape[2]):
                intensity = 0.0
                for i in range(c * sc, (c + 1) * sc):
                    for j in range(r * sr, (r + 1) * sr):
                        length = total[i, j] * np.sqrt(ex[i] ** 2 + ey[i] ** 2 + ez[j] ** 2)
                        intensity += length if sc * sr == 1 else np.exp(-length)
                out[v, c, r] = intensity if sc * sr == 1 else -np.log(intensity / (sc * sr))


@njit(parallel=True, error_model="numpy")
def _sample(kind, centre, matrix, z_range, radius, density, z, y, x, parts, out):
    for i in prange(out.shape[0]):
        for k in range(kind.size):
            a = matrix[k]
            for s in range(i * parts, (i + 1) * parts):
                if z[s] < z_range[k, 0] or z[s] > z_range[k, 1]:
                    continue
                dz = (z[s] - centre[k, 2]) if kind[k] == 0 else 0.0
                for j in range(y.size):
                    dy = y[j] - centre[k, 1]
                    if abs(dy) > radius[k]:
                        continue
                    for m in range(x.size):
                        dx = x[m] - centre[k, 0]
                        if abs(dx) > radius[k]:
                            continue
                        p0 = a[0, 0] * dx + a[0, 1] * dy + a[0, 2] * dz
                        p1 = a[1, 0] * dx + a[1, 1] * dy + a[1, 2] * dz
                        p2 = a[2, 0] * dx + a[2, 1] * dy + a[2, 2] * dz
                        if p0 * p0 + p1 * p1 + p2 * p2 <= 1.0:
                            out[i, j // parts, m // parts] += density[k] / parts**3
