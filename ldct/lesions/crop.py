"""Regions around a place: how large they are, and how they are cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ldct.tables.images import AIR_HU, INVALID_HU
from ldct.tables.lesions import REAL

# Around a real lesion, which may be larger than a configured region.
SURROUNDINGS_MM = 12.0


def half_sizes(place: Mapping[str, Any], spacing_mm: tuple[float, float], region_mm: float) -> tuple[int, int]:
    """Rows and columns on either side of the centre of a LESIONS row's region."""
    side = region_mm
    if place["kind"] == REAL:
        side = max(side, 1.5 * place["diameter_mm"] + 2 * SURROUNDINGS_MM)
    down, along = (int(side / 2 / d) for d in spacing_mm)
    return down, along


def crop(image: np.ndarray, row: int, column: int, half: tuple[int, int], fill: int = int(AIR_HU)) -> np.ndarray:
    """(2 half + 1) rows and columns of `image` about a pixel; `fill` beyond its edge."""
    padded = np.pad(image, [(half[0],) * 2, (half[1],) * 2], constant_values=fill)
    return padded[row : row + 2 * half[0] + 1, column : column + 2 * half[1] + 1]


def crop_hu(hu: np.ndarray, place: Mapping[str, Any], half: tuple[int, int]) -> np.ndarray:
    """int16 HU of a LESIONS row's region; air where nothing was measured."""
    return crop(np.where(hu == INVALID_HU, AIR_HU, hu), place["row"], place["column"], half)


def region_hu(row: Mapping[str, Any]) -> np.ndarray:
    """int16 HU (rows, columns) of a REGIONS or PANELS row."""
    return np.frombuffer(row["hu"], "<i2").reshape(row["rows"], row["columns"])
