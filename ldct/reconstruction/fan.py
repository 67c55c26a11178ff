"""Axial fan beam on an equiangular detector: projection of a slice, and filtered backprojection, full or short scan.

The frame is that of the slice: x along columns, y along rows, origin at the centre of the image. The source is at
radius * (cos beta, sin beta), and gamma is the ray's angle from the central ray, counter-clockwise at the source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numba
import numpy as np

from ldct.compiled import njit
from ldct.reconstruction.kernels import Kernel, convolution_matrix, filter_taps, ramp_taps

# Zeros beside the detector.
PAD = 2


@dataclass(frozen=True)
class FanBeam:
    """`views` over a full turn, `columns` of `step` rad, focal spot at `radius_mm` from the isocentre.

    A short scan has only the first `measured` views, from `start` on: a turn of at least pi and twice the largest fan
    angle. The central ray meets column `middle` (from 0, by default that of a symmetric detector).
    """

    views: int = 720
    columns: int = 736
    step: float = 1.2858 / 1085.6
    radius_mm: float = 595.0
    start: float = 0.0
    measured: int | None = None
    middle: float | None = None

    @property
    def count(self) -> int:
        return self.views if self.measured is None else self.measured

    @property
    def beta(self) -> np.ndarray:
        return self.start + 2 * np.pi * np.arange(self.count) / self.views

    @property
    def centre(self) -> float:
        return (self.columns - 1) / 2 if self.middle is None else self.middle

    @property
    def gamma(self) -> np.ndarray:
        return (np.arange(self.columns) - self.centre) * self.step

    @property
    def field_radius_mm(self) -> float:
        """Radius of the circle that every view sees."""
        return float(self.radius_mm * np.sin(min(-self.gamma[0], self.gamma[-1])))

    def coarse(self, views: int, columns: int) -> FanBeam:
        """The same beam with fewer views and wider columns, by these whole factors."""
        return replace(
            self,
            views=self.views // views,
            columns=self.columns // columns,
            step=self.step * columns,
            measured=None if self.measured is None else self.measured // views,
            middle=None if self.middle is None else (self.middle + 0.5) / columns - 0.5,
        )

    @property
    def redundancy(self) -> np.ndarray:
        """Weight of each ray, (views, columns), float32: 1, or of a short scan that of Parker (1982), up to 2.

        The two rays of each line have 2 together. Raises ValueError for a turn that leaves lines unmeasured.
        """
        turn = 2 * np.pi * self.count / self.views
        if self.count == self.views:
            return np.ones((self.views, self.columns), np.float32)
        excess, widest = (turn - np.pi) / 2, np.abs(self.gamma).max()
        if excess < widest or self.count > self.views:
            least = int(np.ceil(self.views * (0.5 + widest / np.pi)))
            raise ValueError(f"{self.count} of {self.views} views measured; a short scan needs {least} at least")
        beta, gamma = (self.beta - self.start)[:, None], self.gamma[None, :]
        rise = beta / np.maximum(excess - gamma, 1e-9)
        fall = (turn - beta) / np.maximum(excess + gamma, 1e-9)
        return (2 * np.sin(np.pi / 4 * np.minimum(np.minimum(rise, fall), 2.0)) ** 2).astype(np.float32)


def project(mu: np.ndarray, pixel_mm: tuple[float, float], beam: FanBeam) -> np.ndarray:
    """Line integrals (views, columns), float32, of attenuation `mu` (rows, columns; 1/mm) by Joseph's method.

    `pixel_mm` is the distance between rows and between columns. Outside the image there is nothing. (Joseph 1982)
    """
    image = np.ascontiguousarray(mu, np.float32)
    out = np.empty((beam.count, beam.columns), np.float32)
    _joseph(image, float(pixel_mm[0]), float(pixel_mm[1]), beam.beta, beam.gamma, beam.radius_mm, out)
    return out


def backproject(
    projections: np.ndarray,
    shape: tuple[int, int],
    pixel_mm: tuple[float, float],
    beam: FanBeam,
    kernel: str | Kernel,
    unmeasured: float = np.nan,
) -> np.ndarray:
    """Attenuation (rows, columns; 1/mm), float32, from the line integrals (views, columns) of a full or short scan.

    Equiangular filtered backprojection (Kak & Slaney, eqs. 3.106 to 3.112): cosine weight, the ramp times
    (n dgamma / sin(n dgamma))^2 / 2 and the kernel's window, 1 / L^2 weight. Pixels that not every view sees are
    `unmeasured`. Raises ValueError for a scan that is too short, or an odd number of views.
    """
    if beam.views % 2:
        raise ValueError(f"{beam.views} views in a turn; views come in opposite pairs, so their number is even")
    spacing = beam.radius_mm * beam.step
    lag = np.arange(beam.columns) * beam.step
    fan = ramp_taps(beam.columns, spacing) * (1 / np.sinc(lag / np.pi)) ** 2
    taps = filter_taps(kernel, beam.columns, spacing, fan)
    weighted = projections * beam.redundancy * (beam.radius_mm * np.cos(beam.gamma)).astype(np.float32)
    # 1/2 of the fan filter and spacing^2 / step of the change from mm to rad.
    scale = np.float32(0.5 * spacing**2 / beam.step * (2 * np.pi / beam.views))
    filtered = (weighted @ convolution_matrix(taps)) * scale
    out = np.zeros(shape, np.float32)
    beta = replace(beam, measured=None).beta
    _gather(
        np.pad(filtered.astype(np.float32), ((0, beam.views - beam.count), (PAD, PAD))),
        np.cos(beta),
        np.sin(beta),
        beam.radius_mm,
        beam.step,
        beam.centre + PAD,
        float(pixel_mm[0]),
        float(pixel_mm[1]),
        out,
    )
    y, x = ((np.arange(n) - (n - 1) / 2) * step for n, step in zip(shape, pixel_mm, strict=True))
    out[np.hypot(y[:, None], x) > beam.field_radius_mm] = unmeasured
    return out


@njit(parallel=True, fastmath=True)
def _joseph(image, dy, dx, beta, gamma, radius, out):
    rows, columns = image.shape
    for view in numba.prange(len(beta)):
        sx, sy = radius * np.cos(beta[view]), radius * np.sin(beta[view])
        for column in range(len(gamma)):
            angle = beta[view] + np.pi + gamma[column]
            ux, uy = np.cos(angle), np.sin(angle)
            total = 0.0
            if abs(ux) * dy > abs(uy) * dx:
                slope, step = uy / ux, dx / abs(ux)
                at = (sy + slope * (-(columns - 1) / 2 * dx - sx)) / dy + (rows - 1) / 2
                change = slope * dx / dy
                for j in range(columns):
                    i = int(np.floor(at))
                    if 0 <= i < rows - 1:
                        share = at - i
                        total += (1 - share) * image[i, j] + share * image[i + 1, j]
                    at += change
            else:
                slope, step = ux / uy, dy / abs(uy)
                at = (sx + slope * (-(rows - 1) / 2 * dy - sy)) / dx + (columns - 1) / 2
                change = slope * dy / dx
                for i in range(rows):
                    j = int(np.floor(at))
                    if 0 <= j < columns - 1:
                        share = at - j
                        total += (1 - share) * image[i, j] + share * image[i, j + 1]
                    at += change
            out[view, column] = total * step


@njit(parallel=True, fastmath=True, error_model="numpy")
def _gather(padded, cosine, sine, radius, step, centre, dy, dx, out):
    """A view and the one opposite see a row and its mirror image alike: place and weight serve both.

    padded: filtered projections with PAD zeros at either end, so that no place is out of reach and the loop has no
    branch.
    """
    rows, columns = out.shape
    views, width = padded.shape
    half = views // 2
    middle = np.float32(centre)
    low, high = np.float32(PAD), np.float32(width - PAD - 1)
    inverse, source = np.float32(1 / step), np.float32(radius)
    xs = ((np.arange(columns) - (columns - 1) / 2) * dx).astype(np.float32)
    for i in numba.prange((rows + 1) // 2):
        y = np.float32((i - (rows - 1) / 2) * dy)
        line, mirrored = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
        for view in range(views):
            c, s = np.float32(cosine[view]), np.float32(sine[view])
            here, opposite = padded[view], padded[(view + half) % views]
            # Along the central ray from the source, and across it.
            along0, across0 = source - y * s, -y * c
            for j in range(columns):
                x = xs[j]
                nearness = np.float32(1) / (along0 - x * c)
                tangent = (across0 + x * s) * nearness
                square = tangent * tangent
                # atan by its series: the fan is narrower than 0.5 rad, where the error is below 1e-5 rad.
                angle = tangent * (
                    np.float32(1)
                    - square * (np.float32(1 / 3) - square * (np.float32(0.2) - square * np.float32(1 / 7)))
                )
                place = angle * inverse + middle
                seen = np.float32(1) if (place >= low) and (place < high) else np.float32(0)
                place = min(max(place, np.float32(0)), high)
                k = np.int32(place)
                share = place - np.float32(k)
                weight = seen * nearness * nearness / (np.float32(1) + square)
                line[j] += (here[k] + share * (here[k + 1] - here[k])) * weight
                mirrored[j] += (opposite[k] + share * (opposite[k + 1] - opposite[k])) * weight
        out[i] = line
        if rows - 1 - i != i:
            out[rows - 1 - i] = mirrored[::-1]
