"""Fan views of one focal spot, rebinned row by row to parallel views (WFBP, Stierstorfer 2004)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import prange

from ldct.compiled import njit
from ldct.errors import InputError
from ldct.projection.geometry import FOCAL_SPOTS, Geometry


@dataclass(frozen=True, eq=False)
class Spiral:
    """The helix of one focal spot: source angle beta0 + i step, z = z_at_zero + slope * beta, radius `rho_mm`."""

    first: int
    stride: int
    count: int
    angle: float
    step: float
    slope: float
    z_at_zero: float
    rho_mm: float
    axial_shift: float
    fan: np.ndarray  # fan angle of each column seen from the true spot, rad
    reach: np.ndarray  # in-plane distance from the true spot to each column, mm

    @property
    def source_detector_mm(self) -> float:
        """In-plane distance from the true spot to the detector along the central ray."""
        return float(np.interp(0.0, *_ascending(self.fan, self.reach)))

    @property
    def angles(self) -> tuple[float, float]:
        ends = self.angle, self.angle + self.step * (self.count - 1)
        return min(ends), max(ends)


def spirals(geometry: Geometry, path: str = "projections") -> list[Spiral]:
    """Split the views by focal spot, each a regular helix of its own (line fits for angle and z).

    Raises InputError where the alternation of focal spots or the rotation is irregular.
    """
    d = geometry.detector
    if d.rows < 2:
        raise InputError(path, "a detector of one row", "several rows", "Reconstruct this series with other software.")
    if d.shape != "CYLINDRICAL":
        raise InputError(path, f"a {d.shape} detector", "CYLINDRICAL", "Reconstruct this series with other software.")
    spots = FOCAL_SPOTS.get(geometry.flying_focal_spot)
    if spots is None:
        raise InputError(path, f"focal spot mode {geometry.flying_focal_spot}", f"one of {list(FOCAL_SPOTS)}", _CHECK)
    shifts = np.stack([geometry.angle_shift, geometry.radial_shift, geometry.axial_shift], -1)
    found = []
    for first in range(spots):
        own = shifts[first::spots]
        centre = np.median(own, 0)
        if len(own) < 8 or np.any(np.abs(own - centre) > [1e-5, 1e-3, 1e-3]):
            raise InputError(path, "focal spot shifts that do not alternate", geometry.flying_focal_spot, _CHECK)
        found.append(_fit(geometry, first, spots, centre, path))
    return found


_CHECK = "Check that all views of one series are present and in acquisition order."


def _fit(geometry: Geometry, first: int, spots: int, shift: np.ndarray, path: str) -> Spiral:
    d = geometry.detector
    index = np.arange(first, len(geometry), spots)
    phi = np.unwrap(geometry.angle[index])
    number = np.arange(len(index))
    step, start = np.polyfit(number, phi, 1)
    if np.abs(phi - start - step * number).max() > 0.25 * abs(step) or abs(step) > np.pi / 8:
        raise InputError(path, "views that do not follow one rotation", "evenly spaced angles", _CHECK)
    angle_shift, radial_shift, axial_shift = shift
    beta = phi + angle_shift
    slope, z_at_zero = np.polyfit(beta - beta[0], geometry.position[index] + axial_shift, 1)
    z_at_zero -= slope * beta[0]
    rho = d.source_isocentre_mm + radial_shift
    # Every view of the group looks the same in the rotating frame: take the one with phi0 = 0.
    source = np.array([-rho * np.sin(angle_shift), rho * np.cos(angle_shift)])
    x = d.source_detector_mm * np.sin(d.fan_angle) - source[0]
    y = d.source_isocentre_mm - d.source_detector_mm * np.cos(d.fan_angle) - source[1]
    fan = np.arctan2(x, -y) - angle_shift
    return Spiral(
        first=first,
        stride=spots,
        count=len(index),
        angle=float(start + angle_shift),
        step=float(step),
        slope=float(slope),
        z_at_zero=float(z_at_zero),
        rho_mm=float(rho),
        axial_shift=float(axial_shift),
        fan=(fan + np.pi) % (2 * np.pi) - np.pi,
        reach=np.hypot(x, y),
    )


@dataclass(frozen=True, eq=False)
class ParallelGrid:
    """Parallel views theta = `first` + g `step` (step = pi / half_turn) on detector positions t, mm."""

    first: float
    count: int
    half_turn: int
    t: np.ndarray
    gamma: np.ndarray
    reach: np.ndarray

    @property
    def step(self) -> float:
        return np.pi / self.half_turn

    @property
    def spacing_mm(self) -> float:
        return float(self.t[1] - self.t[0])


def parallel_grid(spiral: Spiral, spacing_mm: float, oversampling: float = 1.0) -> ParallelGrid:
    """The parallel views that the spiral measures completely."""
    low, high = spiral.rho_mm * np.sin([spiral.fan.min(), spiral.fan.max()])
    spacing = spacing_mm / oversampling
    t = spacing * np.arange(np.ceil(low / spacing), np.floor(high / spacing) + 1)
    gamma = np.arcsin(t / spiral.rho_mm)
    reach = np.interp(gamma, *_ascending(spiral.fan, spiral.reach))
    half_turn = max(8, round(np.pi / abs(spiral.step)))
    beta_low, beta_high = spiral.angles
    first = beta_low + gamma.max()
    last = beta_high + gamma.min()
    count = max(0, int(np.floor((last - first) / (np.pi / half_turn))) + 1)
    return ParallelGrid(first, count, half_turn, t, gamma, reach)


Codes = np.ndarray | Callable[[int, int, int], np.ndarray]  # an array, or a function (start, stop, step) that reads it


def rebin(
    codes: Codes, scale: tuple[float, float], spiral: Spiral, grid: ParallelGrid, row_weights: np.ndarray,
    start: int, stop: int,
) -> np.ndarray:  # fmt: skip
    """Parallel projections start..stop of `grid`, (views, t, rows), float32, times the weight of each row.

    `codes` is (views, columns, rows), any number type, p = codes * scale[0] + scale[1]; of a function only the views
    that are needed are asked for. Bilinear in view and column. Rows are padded with zeros to an even number.
    """
    column = np.interp(grid.gamma, *_ascending(spiral.fan, np.arange(len(spiral.fan))))
    view = (grid.first - grid.gamma - spiral.angle) / spiral.step
    view_step = grid.step / spiral.step
    ends = np.array([view.min(), view.max()])[:, None] + view_step * np.array([start, stop - 1])
    low = int(np.clip(np.floor(ends.min()), 0, spiral.count - 2))
    high = int(np.clip(np.floor(ends.max()) + 2, low + 2, spiral.count))
    first, last = spiral.first + spiral.stride * low, spiral.first + spiral.stride * (high - 1) + 1
    own = codes(first, last, spiral.stride) if callable(codes) else codes[first : last : spiral.stride]
    rows = own.shape[2]
    out = np.zeros((stop - start, len(grid.t), rows + rows % 2), np.float32)
    _rebin(
        own, np.float32(scale[0]), np.float32(scale[1]), view + start * view_step - low, view_step, column,
        row_weights.astype(np.float32), out,
    )  # fmt: skip
    return out


def _ascending(fan: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(fan)
    return fan[order], values[order].astype(float)


@njit(parallel=True, fastmath=True, error_model="numpy")
def _rebin(codes, slope, intercept, view0, view_step, column, weight, out):
    count, n_column, n_row = codes.shape
    for g in prange(out.shape[0]):
        for m in range(out.shape[1]):
            view = min(max(view0[m] + g * view_step, 0.0), count - 1.0)
            i = min(int(view), count - 2)
            c = min(int(column[m]), n_column - 2)
            fv, fc = np.float32(view - i), np.float32(column[m] - c)
            w00, w01 = (1 - fv) * (1 - fc) * slope, (1 - fv) * fc * slope
            w10, w11 = fv * (1 - fc) * slope, fv * fc * slope
            for r in range(np.uint64(n_row)):
                value = w00 * codes[i, c, r] + w01 * codes[i, c + 1, r]
                value += w10 * codes[i + 1, c, r] + w11 * codes[i + 1, c + 1, r]
                out[g, m, r] = (value + intercept) * weight[r]
