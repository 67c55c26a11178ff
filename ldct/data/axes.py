"""Which way a patient lies in its projections: found once against the scanner's images, then used by the ingest."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ldct.dicom.deidentify import known_manufacturer
from ldct.dicom.series import read_series
from ldct.errors import InputError
from ldct.projection.ctpd.header import Acquisition
from ldct.projection.ctpd.reader import open_series
from ldct.reconstruction.axes import BY_DEFINITION, Axes, assumed_axes
from ldct.reconstruction.axis_search import find_axes
from ldct.tables import read_table, write_table
from ldct.tables.axes import AXES

log = logging.getLogger("ldct")


def search_axes(spec: Mapping[str, Any], projections: Path, images: Path, output: Path) -> None:
    """Write the patient's AXES row; no row, and a warning, where the axes cannot be told.

    spec: patient, allow_lossy. projections: folder of the full-dose DICOM-CT-PD files; images: the scanner's images of
    that scan.
    """
    patient, rows = spec["patient"], []
    try:
        series = open_series(projections, [])
        vendor, errors = read_series(images, patient=patient, dose="full", allow_lossy=spec["allow_lossy"])
        if vendor is None:
            raise InputError("", "no usable series", "the scanner's images", f"{len(errors)} files refused.")
        found = find_axes(series, vendor.stack)
        row = {f"sign_{name}": sign for name, sign in zip("xyz", found.signs, strict=True)}
        row |= {f"shift_{name}_mm": shift for name, shift in zip("xyz", found.shift_mm, strict=True)}
        kind = _kind(series.acquisition)
        rows.append({"patient": patient, **kind, **row, "score": found.score, "second": found.second})
        log.info("%s: axes %s found, score %.3f, next %.3f", patient, found, found.score, found.second)
    except InputError as error:
        log.warning("%s: axes not found: %s; expected %s", patient, error.found, error.expected)
    write_table(output, pa.Table.from_pylist(rows, AXES), AXES)


def axes_of(patient: str, acquisition: Acquisition, tables: Sequence[Path]) -> tuple[Axes, str]:
    """Axes for a patient's projections, and a note that says where they come from.

    The patient's own where they were found; else the signs found for the same manufacturer and patient position, where
    all patients agree; else those of the frame's definition, which the note calls assumed.
    """
    rows = [row for path in tables for row in read_table(path, AXES).to_pylist()]
    own = [row for row in rows if row["patient"] == patient]
    if own:
        axes = _axes(own[0])
        return axes, f"axes {axes} found against the scanner's images (correlation {axes.score:.2f})"
    kind = _kind(acquisition)
    alike = [row for row in rows if all(row[name] == value for name, value in kind.items())]
    signs = {_axes(row).signs for row in alike}
    if len(signs) == 1 and kind["manufacturer"] is not None:
        axes = Axes(signs.pop())
        return axes, f"axes {axes} as found for {len(alike)} others of this manufacturer and position"
    axes = assumed_axes(acquisition.patient_position)
    if signs:
        why = "patients of this manufacturer and position differ"
    else:
        why = "no match with the scanner's images" if tables else "no images of the scanner to compare with"
    return axes, f"axes assumed ({axes}): {why}"


def _axes(row: Mapping[str, Any]) -> Axes:
    x, y, z = (int(row[f"sign_{name}"]) for name in "xyz")
    shift = tuple(row[f"shift_{name}_mm"] for name in "xyz")
    return Axes((x, y, z), (shift[0], shift[1], shift[2]), row["score"], row["second"])


def _kind(acquisition: Acquisition) -> dict[str, str | None]:
    """What axes depend on, without text that a header could carry beside."""
    position = acquisition.patient_position
    known = position if position in BY_DEFINITION else "unknown"
    return {"manufacturer": known_manufacturer(acquisition.manufacturer), "position": known}
