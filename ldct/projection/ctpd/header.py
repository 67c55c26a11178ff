"""What one view's header says, decoded and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ldct.errors import InputError
from ldct.projection.ctpd.elements import Elements, decode
from ldct.projection.ctpd.tags import CORRECTION_FLAGS, PIXEL_DATA, PRIVATE, STANDARD


class Acquisition(NamedTuple):
    """What is constant in a series."""

    series_uid: str
    manufacturer: str
    patient_position: str
    rows: int  # detector rows
    columns: int  # detector columns
    transposed: bool  # pixel rows are detector columns, as in the public files
    column_spacing_mm: float
    row_spacing_mm: float
    source_isocentre_mm: float
    source_detector_mm: float
    central_column: float
    central_row: float
    shape: str
    flying_focal_spot: str
    projection_type: str
    views_per_rotation: int
    pitch: float | None
    water_attenuation: float
    slope: float
    intercept: float
    kvp: float | None


class View(NamedTuple):
    """What changes from view to view."""

    instance: int
    angle: float
    position: float
    angle_shift: float
    radial_shift: float
    axial_shift: float
    tube_current: float
    timestamp: float
    photons: np.ndarray  # float32, (columns,), (1,) or empty


VIEW_TAGS = {
    0x00200013: "instance",
    0x70311001: "angle",
    0x70311002: "position",
    0x7033100B: "angle_shift",
    0x7033100C: "axial_shift",
    0x7033100D: "radial_shift",
    0x00181151: "tube_current",
    0x70331067: "timestamp",
    0x70331065: "photons",
}

_ACTION = "Fetch the series again, or leave it out; its projections cannot be interpreted."


class Values:
    """Attribute access with errors that name the file and the attribute, never a value that could identify."""

    def __init__(self, elements: Elements, path: str | Path, overrides: dict[int, bytes] | None = None):
        self._elements, self._path, self._overrides = elements, path, overrides or {}

    def get(self, tag: int, default: Any = None) -> Any:
        raw = self._overrides.get(tag)
        if raw is None:
            where = self._elements.values.get(tag)
            if where is None:
                return default
            raw = self._elements.data[where[0] : where[0] + where[1]]
        try:
            value = decode(tag, raw, self._elements.order)
        except (ValueError, OverflowError):
            raise self.error(tag, "a value that cannot be decoded", f"{_attribute(tag).vr}") from None
        return default if value is None else value

    def need(self, tag: int) -> Any:
        value = self.get(tag)
        if value is None:
            raise self.error(tag, "no value", f"{_attribute(tag).vr}")
        return value

    def number(self, tag: int, default: float | None = None) -> float:
        value = self.need(tag) if default is None else self.get(tag, default)
        if isinstance(value, (str, tuple)):
            raise self.error(tag, "several values or text", "one number")
        return float(value)

    def error(self, tag: int, found: str, expected: str) -> InputError:
        name = f"({tag >> 16:04X},{tag & 0xFFFF:04X}) {_attribute(tag).name}"
        return InputError(self._path, f"{found} in {name}", expected, _ACTION)


def _attribute(tag: int):
    return PRIVATE.get(tag) or STANDARD[tag]


def acquisition(values: Values) -> Acquisition:
    """Decode and check what is constant. Raises InputError."""
    for tag in CORRECTION_FLAGS:
        flag = str(values.need(tag)).upper()
        if flag != "YES":
            raise values.error(tag, f"{flag[:8]!r}", "YES: corrected line integrals")
    for tag, given, expected in ((0x00280100, None, 16), (0x00280101, 16, 16), (0x00280002, 1, 1)):
        if (found := values.need(tag) if given is None else values.get(tag, given)) != expected:
            raise values.error(tag, str(found), str(expected))
    if (sign := values.get(0x00280103, 0)) != 0:
        raise values.error(0x00280103, str(sign), "0 (unsigned)")
    for tag in (0x7033105B, 0x70331061):
        if (several := values.get(tag, 1)) != 1:
            raise values.error(tag, str(several), "1: one source and one spectrum a series")
    geometry = values.get(0x7037100A, "FANBEAM")
    if str(geometry).upper() != "FANBEAM":
        raise values.error(0x7037100A, f"{str(geometry)[:16]!r}", "FANBEAM (third generation)")
    rows, columns = int(values.need(0x70291010)), int(values.need(0x70291011))
    stored = int(values.need(0x00280010)), int(values.need(0x00280011))
    if stored not in ((columns, rows), (rows, columns)):
        raise values.error(0x00280010, f"an image of {stored[0]} x {stored[1]}", f"{columns} x {rows} or its transpose")
    central = values.need(0x70311033)
    if not isinstance(central, tuple) or len(central) != 2:
        raise values.error(0x70311033, "not two numbers", "column and row")
    water = values.get(0x70411001, values.get(0x00180061))
    if water is None or not 0.005 < float(water) < 0.1:
        raise values.error(0x70411001, "no usable value", "the attenuation of water in 1/mm, about 0.02")
    pitch = values.get(0x00189311)
    kvp = values.get(0x00180060)
    found = Acquisition(
        series_uid=str(values.get(0x0020000E, "")),
        manufacturer=str(values.get(0x00080070, "")),
        patient_position=str(values.get(0x00185100, "")),
        rows=rows,
        columns=columns,
        transposed=stored == (columns, rows),
        column_spacing_mm=values.number(0x70291002),
        row_spacing_mm=values.number(0x70291006),
        source_isocentre_mm=values.number(0x70311003),
        source_detector_mm=values.number(0x70311031),
        central_column=float(central[0]),
        central_row=float(central[1]),
        shape=str(values.need(0x7029100B)).upper(),
        flying_focal_spot=str(values.get(0x7033100E, "")).upper(),
        projection_type=str(values.need(0x70371009)).upper(),
        views_per_rotation=int(values.number(0x70331013, 0.0)),
        pitch=None if pitch is None else float(pitch),
        water_attenuation=float(water),
        slope=values.number(0x00281053),
        intercept=values.number(0x00281052),
        kvp=None if kvp is None else float(kvp),
    )
    sizes = found.column_spacing_mm, found.row_spacing_mm, found.source_isocentre_mm
    if min(sizes) <= 0 or found.source_detector_mm <= found.source_isocentre_mm or found.slope <= 0:
        raise values.error(
            0x70311031, "impossible lengths or rescale slope", "positive values, detector behind isocentre"
        )
    return found


def view(values: Values) -> View:
    """Decode what changes from view to view. Raises InputError."""
    return View(
        instance=int(values.number(0x00200013)),
        angle=values.number(0x70311001),
        position=values.number(0x70311002),
        angle_shift=values.number(0x7033100B, 0.0),
        radial_shift=values.number(0x7033100D, 0.0),
        axial_shift=values.number(0x7033100C, 0.0),
        tube_current=values.number(0x00181151, 0.0),
        timestamp=values.number(0x70331067, 0.0),
        photons=np.atleast_1d(np.asarray(values.get(0x70331065, ()), np.float32)),
    )


def pixel_bytes(elements: Elements, path: str | Path, count: int) -> tuple[int, int]:
    """(offset, length) of pixel data that must hold exactly `count` 16-bit values (and at most one pad byte pair)."""
    where = elements.values.get(PIXEL_DATA)
    if where is None or not count * 2 <= where[1] <= count * 2 + 1:
        found = "no pixel data" if where is None else f"{where[1]} bytes of pixel data"
        raise InputError(path, found, f"{count * 2} bytes", "Fetch this file again; it is truncated or mislabelled.")
    return where
