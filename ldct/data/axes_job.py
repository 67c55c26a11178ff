"""The search for a patient's axes: a slab of its projections against the scanner's images, stored as a table."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from ldct.data.axes import kind_of
from ldct.dicom.series import read_series
from ldct.errors import InputError
from ldct.projection.ctpd.reader import open_series
from ldct.reconstruction.axis_search import find_axes
from ldct.tables import write_table
from ldct.tables.axes import AXES

if TYPE_CHECKING:
    from ldct.stages.axes import Axes

log = logging.getLogger("ldct")


def search_axes(spec: Axes.Spec, projections: Path, images: Path, output: Path) -> None:
    """Write the patient's AXES row; no row, and a warning, where the axes cannot be told.

    projections: folder of the full-dose DICOM-CT-PD files; images: the scanner's images of
    that scan.
    """
    patient, rows = spec.patient, []
    try:
        series = open_series(projections, [])
        vendor, errors = read_series(images, patient=patient, dose="full", allow_lossy=spec.allow_lossy)
        if vendor is None:
            raise InputError("", "no usable series", "the scanner's images", f"{len(errors)} files refused.")
        found = find_axes(series, vendor.stack)
        row = {f"sign_{name}": sign for name, sign in zip("xyz", found.signs, strict=True)}
        row |= {f"shift_{name}_mm": shift for name, shift in zip("xyz", found.shift_mm, strict=True)}
        kind = kind_of(series.acquisition)
        rows.append({"patient": patient, **kind, **row, "score": found.score, "second": found.second})
        log.info("%s: axes %s found, score %.3f, next %.3f", patient, found, found.score, found.second)
    except InputError as error:
        log.warning("%s: axes not found: %s; expected %s", patient, error.found, error.expected)
    write_table(output, pa.Table.from_pylist(rows, AXES), AXES)
