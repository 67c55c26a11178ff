"""Which way a patient lies in its projections, from the tables of what was found (`ldct.data.axes_job`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ldct.dicom.deidentify import known_manufacturer
from ldct.projection.ctpd.header import Acquisition
from ldct.reconstruction.axes import BY_DEFINITION, Axes, assumed_axes
from ldct.tables import read_table
from ldct.tables.axes import AXES


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
    kind = kind_of(acquisition)
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


def kind_of(acquisition: Acquisition) -> dict[str, str | None]:
    """What axes depend on, without text that a header could carry beside."""
    position = acquisition.patient_position
    known = position if position in BY_DEFINITION else "unknown"
    return {"manufacturer": known_manufacturer(acquisition.manufacturer), "position": known}
