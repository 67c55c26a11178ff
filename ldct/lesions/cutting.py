"""Regions around lesions, cut out of slices."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ldct.lesions.crop import crop_hu, half_sizes
from ldct.tables import read_table, write_table
from ldct.tables.images import ImageStack
from ldct.tables.lesions import LESIONS, NONE, REAL, REGIONS

log = logging.getLogger("ldct")
# HU (rows, columns) of the slice of this index.
Slices = Callable[[int], np.ndarray]


def cut_regions(
    table: Path, region_mm: float, stack: ImageStack, present: Slices, absent: Slices, common: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """REGIONS rows of a patient in one kind of image: inserted lesions with and without, real with, others without."""
    places = read_table(table, LESIONS).to_pylist()
    wanted = {True: {p["slice"] for p in places if p["kind"] != NONE}}
    wanted[False] = {p["slice"] for p in places if p["kind"] != REAL}
    slices = {(True, i): present(i) for i in sorted(wanted[True])} | {
        (False, i): absent(i) for i in sorted(wanted[False])
    }
    rows = []
    for place in places:
        half = half_sizes(place, stack.pixel_spacing_mm, region_mm)
        for with_lesion in (True, False):
            if place["kind"] == (NONE if with_lesion else REAL):
                continue
            hu = crop_hu(slices[with_lesion, place["slice"]], place, half)
            rows.append(
                {
                    **common,
                    "patient": place["patient"],
                    "lesion": place["lesion"],
                    "present": with_lesion,
                    "rows": hu.shape[0],
                    "columns": hu.shape[1],
                    "spacing_row_mm": stack.pixel_spacing_mm[0],
                    "spacing_column_mm": stack.pixel_spacing_mm[1],
                    "hu": np.ascontiguousarray(hu, "<i2").tobytes(),
                }
            )
    return rows


def write_regions(rows: list[dict[str, Any]], output: Path) -> None:
    """Write REGIONS rows."""
    log.info("%d regions", len(rows))
    write_table(output, pa.Table.from_pylist(rows, REGIONS), REGIONS)
