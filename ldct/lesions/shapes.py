"""Lesions as bodies whose line integrals are exact."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from ldct.projection.patients import align
from ldct.projection.phantom import Phantom
from ldct.tables.lesions import BALL

SPICULES = 12
# Of a spiculated lesion: radius of the core over that of the whole, and of a spicule's thickness at its middle.
CORE, THICKNESS = 0.62, 0.09


@dataclass(frozen=True)
class Lesion:
    """A lesion of the LESIONS table: centre in mm (LPS), diameter of the whole, contrast to its surroundings in HU."""

    number: int
    kind: str
    diameter_mm: float
    contrast_hu: float
    centre_mm: tuple[float, float, float]


def bodies(
    lesions: list[Lesion],
    water: float,
    signs: tuple[int, int, int] = (1, 1, 1),
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Phantom:
    """The lesions alone as a phantom of differences in attenuation (1/mm); `water` is that of water.

    kind 'sphere': a ball. kind 'spiculated': a ball of 0.62 of the diameter with 12 tapering spicules that reach the
    diameter, evenly spread and turned at random for each lesion. signs and shift_mm lead from the phantom's frame to
    LPS. Raises ValueError for another kind.
    """
    phantom, turn, offset = Phantom(), np.array(signs, float), np.array(shift_mm)
    for lesion in lesions:
        centre = turn * (np.array(lesion.centre_mm) - offset)
        radius, density = lesion.diameter_mm / 2, water * lesion.contrast_hu / 1000
        if lesion.kind == BALL:
            phantom.ellipsoid(tuple(centre), (radius,) * 3, density)
        elif lesion.kind == "spiculated":
            phantom.ellipsoid(tuple(centre), (CORE * radius,) * 3, density)
            for direction in _directions(lesion):
                half = (1 - CORE) * radius / 2
                middle = centre + turn * direction * (CORE * radius + half)
                axes = (THICKNESS * radius, THICKNESS * radius, half)
                phantom.ellipsoid(middle, axes, density, align(turn * direction))
        else:
            raise ValueError(f"no lesion of kind {lesion.kind!r}; there are sphere and spiculated")
    return phantom


def reach_mm(lesion: Lesion) -> float:
    """Radius of the ball that holds the lesion."""
    return lesion.diameter_mm / 2


def _directions(lesion: Lesion) -> np.ndarray:
    """Unit vectors (SPICULES, 3) on a Fibonacci sphere, turned at random; the same for the same lesion."""
    seed = zlib.crc32(repr((lesion.number, lesion.centre_mm)).encode())
    k = np.arange(SPICULES) + 0.5
    polar, azimuth = np.arccos(1 - 2 * k / SPICULES), np.pi * (1 + np.sqrt(5)) * k
    points = np.stack([np.cos(azimuth) * np.sin(polar), np.sin(azimuth) * np.sin(polar), np.cos(polar)], axis=1)
    turn, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    return points @ turn
