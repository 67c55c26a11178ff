"""What one file says of its series, from its first kilobytes; persons, studies and frames as keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import re
import struct
from functools import lru_cache
from typing import Any, NamedTuple

from ldct.cohort.values import OWN, TEXTS, ascii_text, raw_values, values_of, whole_values
from ldct.projection.ctpd.tags import RAW_DATA_STORAGE

# One read gets all that is wanted of nearly every file.
FIRST_BYTES = 8192
# Headers of series that were met are kept, so that each is understood once.
MOST_KEPT = 4096
# What anonymisers write where a PatientID was: it tells nobody apart.
_NOBODY = re.compile(
    r"(anon(ymi[sz]ed|ymous)?|unknown|none|null|removed|de-?identified|patient|no[ _]?id|0+|x+|\W*)", re.I
)
# Words that tell the doses of one person apart, within a PatientID such as L067_FD.
_DOSE_WORD = re.compile(r"(?<=[A-Z0-9])[ _-](FULL|LOW|QUARTER|FD|QD|LD)([ _-]?DOSE)?$")


Vector = tuple[float, float, float]


class Header(NamedTuple):
    """What a file says of its series. kind: 'images', 'projections', or '' for anything else.

    person, study, frame, series: keyed hashes, '' where the file names none. plane: 'axial', 'coronal', 'sagittal' or
    ''; lengths in mm; frames: images in the file.
    """

    kind: str = ""
    person: str = ""
    study: str = ""
    frame: str = ""
    series: str = ""
    description: str = ""
    protocol: str = ""
    study_description: str = ""
    comments: str = ""
    body_part: str = ""
    manufacturer: str = ""
    kernel: str = ""
    algorithm: str = ""
    image_type: str = ""
    syntax: str = ""
    thickness: float | None = None
    kv: float | None = None
    row_mm: float | None = None
    column_mm: float | None = None
    rows: int = 0
    columns: int = 0
    plane: str = ""
    frames: int = 1


class Slices(NamedTuple):
    """What a file says of its own images: positions along the normal (mm, one of each frame) and exposure (mAs)."""

    positions: tuple[float, ...] = ()
    exposure: float | None = None


_SERIES: dict[tuple[bytes, tuple[bytes, ...]], tuple[Header, Vector | None]] = {}


def read_header(path: str | os.PathLike[str], key: bytes) -> tuple[Header, Slices]:
    """The header of any file; `Header()` for what is no CT image and no projection. Raises OSError, nothing else."""
    with open(path, "rb", buffering=0) as file:
        first = file.read(FIRST_BYTES) or b""
    try:
        series, own = raw_values(first)
        known = _SERIES.get((key, series))
        if known is None:
            known = _series(values_of(series), key)
            if len(_SERIES) >= MOST_KEPT:
                _SERIES.clear()
            _SERIES[key, series] = known
        header, normal = known
        if not header.kind:
            return header, Slices()
        return header, _slices({name: ascii_text(raw) for name, raw in zip(OWN.values(), own, strict=True)}, normal)
    except (KeyError, ValueError, struct.error, RecursionError):
        values = whole_values(path)
        header, normal = _series(values, key)
        return header, _slices(values, normal) if values else Slices()


@lru_cache(4096)
def keyed(key: bytes, text: str) -> str:
    """16 hexadecimal digits that stand for `text` and lead back to it only with the key; '' for an empty text."""
    return hmac.new(key, text.encode(errors="surrogateescape"), hashlib.sha256).hexdigest()[:16] if text else ""


def person_text(patient_id: str, name: str = "", birth_date: str = "") -> str:
    """What tells a person from others: the PatientID without a word for the dose, or name and date of birth."""
    text = _DOSE_WORD.sub("", " ".join(patient_id.upper().split()))
    if not _NOBODY.fullmatch(text):
        return text
    return f"{name.upper()}|{birth_date}" if name.strip("^ ") and birth_date else ""


def _series(values: dict[str, Any], key: bytes) -> tuple[Header, Vector | None]:
    """The header of a series, and the normal of its images where it is known."""
    if not values:
        return Header(), None
    text = {name: str(values.get(name, "")) for name in TEXTS.values()}
    spacing = _numbers(text["spacing"], 2) or (None, None)
    normal, plane = None, ""
    if axes := _numbers(text["orientation"], 6):
        a, b, c, d, e, f = axes
        normal = (b * f - c * e, c * d - a * f, a * e - b * d)
        largest = max(range(3), key=lambda axis: abs(normal[axis]))
        plane = ("sagittal", "coronal", "axial")[largest] if abs(normal[largest]) > 0.7 else ""
    header = Header(
        kind="projections" if values["sop_class"] == RAW_DATA_STORAGE else "images",
        person=keyed(key, person_text(text["patient_id"], text["patient_name"], text["birth_date"])),
        study=keyed(key, text["study"]),
        frame=keyed(key, text["frame"]),
        series=keyed(key, text["series"]),
        description=text["description"],
        protocol=text["protocol"],
        study_description=text["study_description"],
        comments=text["comments"],
        body_part=text["body_part"],
        manufacturer=text["manufacturer"],
        kernel=text["kernel"].replace("\\", "/"),
        algorithm=text["algorithm"],
        image_type=text["image_type"].upper(),
        syntax=str(values["syntax"]),
        thickness=_number(text["thickness"]),
        kv=_number(text["kv"]),
        row_mm=spacing[0],
        column_mm=spacing[1],
        rows=int(values.get("rows") or 0),
        columns=int(values.get("columns") or 0),
        plane=plane,
        frames=max(len(values.get("frame_positions", ())), int(_number(text["frames"]) or 1)),
    )
    return header, normal


def _slices(values: dict[str, Any], normal: Vector | None) -> Slices:
    exposure = _number(values.get("exposure", ""))
    if exposure is None:
        current, duration = _number(values.get("tube_current", "")), _number(values.get("exposure_time", ""))
        exposure = None if current is None or duration is None else current * duration / 1000
    if normal is None:
        return Slices((), exposure)
    x, y, z = normal
    places = [_numbers(text, 3) for text in values.get("frame_positions") or [values.get("position", "")]]
    return Slices(tuple(p[0] * x + p[1] * y + p[2] * z for p in places if p), exposure)


def _number(text: str) -> float | None:
    try:
        value = float(text.partition("\\")[0])
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _numbers(text: str, count: int) -> tuple[float, ...] | None:
    try:
        values = tuple(map(float, text.split("\\")))
    except ValueError:
        return None
    return values if len(values) == count and all(map(math.isfinite, values)) else None
