"""The wanted values of a file: fast by its first bytes where it is a plain one, by pydicom for files of every kind."""

from __future__ import annotations

import os
import struct
import warnings
from typing import Any

from ldct.dicom.enhanced import frames_of
from ldct.projection.ctpd.elements import IMPLICIT_LE, LONG_VR, VALUE_REPRESENTATIONS, walk
from ldct.projection.ctpd.tags import RAW_DATA_STORAGE

CT_CLASSES = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")
ENHANCED = CT_CLASSES[1:]
# Encapsulated syntaxes differ from explicit little endian in their pixels only.
_DEFLATED, _BIG_ENDIAN = b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.2"
TEXTS = {
    0x00080005: "charset",
    0x00080008: "image_type",
    0x00080016: "sop_class",
    0x00080070: "manufacturer",
    0x00081030: "study_description",
    0x0008103E: "description",
    0x00100010: "patient_name",
    0x00100020: "patient_id",
    0x00100030: "birth_date",
    0x00180015: "body_part",
    0x00180050: "thickness",
    0x00180060: "kv",
    0x00181030: "protocol",
    0x00181150: "exposure_time",
    0x00181151: "tube_current",
    0x00181152: "exposure",
    0x00181210: "kernel",
    0x00189315: "algorithm",
    0x0020000D: "study",
    0x0020000E: "series",
    0x00200032: "position",
    0x00200037: "orientation",
    0x00200052: "frame",
    0x00204000: "comments",
    0x00280008: "frames",
    0x00280030: "spacing",
}
OWN_NAMES = ("position", "exposure", "exposure_time", "tube_current")
OWN = {tag: name for tag, name in TEXTS.items() if name in OWN_NAMES}
SERIES = {tag: name for tag, name in TEXTS.items() if name not in OWN_NAMES}
SHORTS = {0x00280010: "rows", 0x00280011: "columns"}
LAST_TAG = 0x00280030
# Elements that free text of any script may stand in; all others are ASCII by the standard.
_FREE = {"study_description", "description", "patient_name", "patient_id", "protocol", "comments"}
_ELEMENT = struct.Struct("<HH2sH")


def raw_values(first: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The bytes of what a file says of its series (the syntax first), and of what it says of itself.

    Raises KeyError, ValueError or struct.error where its first bytes do not hold them or it is of a rarer syntax.
    """
    if first[128:132] != b"DICM":
        raise ValueError("no preamble")
    if first[132:138] == b"\x02\0\0\0UL" and (at := first.find(b"\x02\0\x10\0UI", 144)) > 0:
        start, length = 144 + int.from_bytes(first[140:144], "little"), int.from_bytes(first[at + 6 : at + 8], "little")
        at += 8
    else:
        meta, start = walk(first, 132, True, "<", len(first), meta=True)
        at, length = meta[0x00020010]
    syntax = first[at : at + length].rstrip(b"\0 ")
    if syntax in (_DEFLATED, _BIG_ENDIAN) or not syntax.startswith(IMPLICIT_LE.encode()):
        raise ValueError("a rarer syntax")
    if syntax == IMPLICIT_LE.encode():
        found, _ = walk(first, start, False, "<", len(first), last=LAST_TAG)
    else:
        found = _places(first, start)
    none = (0, 0)
    places = [found.get(tag, none) for tag in (*SERIES, *SHORTS)]
    own = [found.get(tag, none) for tag in OWN]
    return (syntax, *(first[a : a + n] for a, n in places)), tuple(first[a : a + n] for a, n in own)


def _places(first: bytes, offset: int) -> dict[int, tuple[int, int]]:
    """(offset, length) of each explicit little endian element up to LAST_TAG, as `walk` finds them."""
    unpack, end, found, previous = _ELEMENT.unpack_from, len(first), {}, -1
    while True:
        group, element, vr, length = unpack(first, offset)
        tag = group << 16 | element
        if tag > LAST_TAG:
            return found
        if tag <= previous:
            raise ValueError("tags out of order")
        if vr in LONG_VR:
            length = int.from_bytes(first[offset + 8 : offset + 12], "little")
            if length == 0xFFFFFFFF:
                return found | walk(first, offset, True, "<", end, last=LAST_TAG)[0]
            offset += 4
        elif vr not in VALUE_REPRESENTATIONS:
            raise ValueError("no value representation")
        found[tag] = (offset + 8, length)
        previous = tag
        offset += 8 + length
        if offset > end:
            raise ValueError("value past the end")


def values_of(series: tuple[bytes, ...]) -> dict[str, Any]:
    """What `raw_values` found of a series as text and numbers; empty for what is no CT.

    Raises ValueError for what needs pydicom.
    """
    syntax, *parts = series
    texts = {name: raw.strip(b"\0 ") for name, raw in zip(SERIES.values(), parts, strict=False) if raw}
    values: dict[str, Any] = {name: ascii_text(raw) for name, raw in texts.items()} | {"syntax": syntax.decode("ascii")}
    kind = values.get("sop_class") or ""
    if kind in ENHANCED or not kind:
        raise ValueError("an image of many frames, or one without its class")
    if kind != CT_CLASSES[0] and kind != RAW_DATA_STORAGE:
        return {}
    for name in _FREE & set(texts):
        if not texts[name].isascii():
            values[name] = _decoded(texts[name], str(values.get("charset", "")))
    for name, raw in zip(SHORTS.values(), parts[len(SERIES) :], strict=True):
        values[name] = int.from_bytes(raw[:2], "little")
    return values


def ascii_text(raw: bytes) -> str:
    """The text of an element that is ASCII by the standard; '' for anything else."""
    return raw.decode("ascii").strip("\0 ") if raw.isascii() else ""


def _decoded(raw: bytes, charset: str) -> str:
    from pydicom.charset import convert_encodings, decode_bytes

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return decode_bytes(raw, convert_encodings(charset.split("\\")), {0x5C}).strip("\0 ")


def whole_values(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The same values by pydicom, for files of every kind; empty for what is no CT or cannot be read."""
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # A file that cannot be read is no series, whatever is wrong with it; reading its pixels names it.
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            return _dataset_values(dataset)
        except Exception:
            return {}


def _dataset_values(dataset: Any) -> dict[str, Any]:
    meta = getattr(dataset, "file_meta", None)
    kind = str(dataset.get("SOPClassUID") or (meta and meta.get("MediaStorageSOPClassUID")) or "")
    if kind not in (*CT_CLASSES, RAW_DATA_STORAGE):
        return {}
    frames = []
    if kind in ENHANCED:
        frames = frames_of(dataset, int(dataset.get("NumberOfFrames") or 1), "")
    values: dict[str, Any] = {}
    for tag, name in TEXTS.items():
        keyword = dataset_keyword(tag)
        value = dataset.get(keyword)
        if frames and value is None:
            value = frames[0].get(keyword)
        if value is not None:
            values[name] = _text(value)
    values |= {"sop_class": kind, "syntax": str((meta and meta.get("TransferSyntaxUID")) or "")}
    values |= {name: int(dataset.get(dataset_keyword(tag)) or 0) for tag, name in SHORTS.items()}
    if frames:
        values["frame_positions"] = [_text(frame.get("ImagePositionPatient") or "") for frame in frames]
    return values


def dataset_keyword(tag: int) -> str:
    """pydicom's name of a tag."""
    from pydicom.datadict import keyword_for_tag

    return keyword_for_tag(tag)


def _text(value: Any) -> str:
    several = not isinstance(value, str) and hasattr(value, "__iter__") and not hasattr(value, "components")
    return "\\".join(str(part) for part in value) if several else str(value).strip("\0 ")
