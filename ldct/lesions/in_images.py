"""Lesions in images: sampled with partial volume, then blurred as the scanner blurs."""

from __future__ import annotations

import numpy as np

from ldct.lesions.shapes import Lesion, bodies, reach_mm
from ldct.reconstruction.fan import backproject, project
from ldct.reconstruction.insertion import SCANNER, WATER
from ldct.tables.images import ImageStack

DEPTHS, SAMPLES = 9, 3  # of a voxel: over the slice thickness, and in each direction of the plane


def signal(stack: ImageStack, number: int, lesions: list[Lesion], kernel: str = "soft") -> np.ndarray:
    """HU (rows, columns), float32, that the lesions add to slice `number` of `stack`.

    Partial volume over the pixel and the slice thickness; then through the fan beam of `ldct.reconstruction.insertion`
    and back with `kernel`, which blurs as detector, focal spot and kernel of a scanner do. Outside its field of view
    nothing is added.
    """
    rows, columns = stack.hu.shape[1:]
    dy, dx = stack.pixel_spacing_mm
    normal = np.cross(stack.orientation[:3], stack.orientation[3:])
    depth = ((np.arange(DEPTHS) + 0.5) / DEPTHS - 0.5) * stack.slice_thickness_mm
    mu = np.zeros((rows, columns), np.float32)
    for lesion in lesions:
        x0, y0, z0 = lesion.centre_mm
        reach, away = reach_mm(lesion), float(stack.position_mm[number] - normal @ np.array(lesion.centre_mm))
        if abs(away) > reach + stack.slice_thickness_mm / 2:
            continue
        row, column = pixel(stack, number, lesion)
        top, left = max(0, int(row - reach / dy - 2)), max(0, int(column - reach / dx - 2))
        bottom, right = min(rows, int(row + reach / dy + 3)), min(columns, int(column + reach / dx + 3))
        y = y0 + (np.arange(top, bottom) - row) * dy
        x = x0 + (np.arange(left, right) - column) * dx
        phantom = bodies([lesion], WATER)
        # One depth at a time: a grid with several would average each over its own distance.
        parts = [phantom.image(x, y, np.array([z0 + away + d]), SAMPLES)[0] for d in depth]
        mu[top:bottom, left:right] += np.mean(parts, axis=0)
    if not mu.any():
        return mu
    blurred = backproject(project(mu, (dy, dx), SCANNER), (rows, columns), (dy, dx), SCANNER, kernel)
    return (1000 / WATER * blurred).astype(np.float32)


def pixel(stack: ImageStack, number: int, lesion: Lesion) -> tuple[float, float]:
    """Row and column of the lesion's centre in slice `number`."""
    offset = np.array(lesion.centre_mm) - stack.origin_mm[number]
    along, down = np.array(stack.orientation[:3]), np.array(stack.orientation[3:])
    return float(offset @ down / stack.pixel_spacing_mm[0]), float(offset @ along / stack.pixel_spacing_mm[1])


def centre_mm(stack: ImageStack, number: int, row: int, column: int) -> tuple[float, float, float]:
    """LPS coordinates in mm of a pixel of slice `number`."""
    along, down = np.array(stack.orientation[:3]), np.array(stack.orientation[3:])
    point = stack.origin_mm[number] + row * stack.pixel_spacing_mm[0] * down
    x, y, z = point + column * stack.pixel_spacing_mm[1] * along
    return float(x), float(y), float(z)
