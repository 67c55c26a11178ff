"""The top-level elements of a DICOM file without building a data set: tag -> where its value lies.

A fast and strict walk for uncompressed files; sequences are skipped by their items. Everything that a header
claims is checked against the length of the file before anything is read or allocated.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ldct.errors import InputError
from ldct.projection.ctpd.tags import PRIVATE, STANDARD

IMPLICIT_LE = "1.2.840.10008.1.2"
EXPLICIT_LE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BE = "1.2.840.10008.1.2.2"
SYNTAXES = {IMPLICIT_LE: (False, "<"), EXPLICIT_LE: (True, "<"), DEFLATED: (True, "<"), EXPLICIT_BE: (True, ">")}

LONG_VR = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
VALUE_REPRESENTATIONS = LONG_VR | set(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_REPLACE = "Fetch this file again, or take it out of the folder."
MAX_INFLATED = 1 << 28


@dataclass(frozen=True)
class Elements:
    """A file's bytes, byte order ('<' or '>'), explicit VR or not, and (offset, length) of each value."""

    data: bytes
    order: str
    explicit: bool
    values: dict[int, tuple[int, int]]
    inflated: bool = False  # the bytes are not those of the file


def parse(data: bytes, path: str | Path) -> Elements:
    """Locate the elements of a Part 10 file. Raises InputError for anything truncated, compressed or not DICOM."""
    if len(data) < 140 or data[128:132] != b"DICM":
        raise InputError(path, "no DICOM preamble", "a DICOM Part 10 file", _REPLACE)
    try:
        meta, start = walk(data, 132, True, "<", len(data), meta=True)
        offset, length = meta[0x00020010]
        syntax = data[offset : offset + length].decode("ascii").rstrip("\0 ")
    except (KeyError, struct.error, ValueError, UnicodeDecodeError):
        raise InputError(path, "a broken file meta header", "a transfer syntax", _REPLACE) from None
    if syntax not in SYNTAXES:
        raise InputError(
            path,
            f"transfer syntax {syntax[:64]!r}",
            "uncompressed pixel data",
            "Decompress it, e.g. with gdcmconv --raw.",
        )
    if syntax == DEFLATED:
        try:
            inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            body = inflater.decompress(data[start:], MAX_INFLATED)
        except zlib.error:
            raise InputError(path, "a broken deflated data set", "a whole file", _REPLACE) from None
        if inflater.unconsumed_tail:
            raise InputError(path, "a data set that inflates without end", "at most 256 MiB", _REPLACE)
        data, start = body, 0
    explicit, order = SYNTAXES[syntax]
    try:
        values, _ = walk(data, start, explicit, order, len(data))
    except (struct.error, ValueError, RecursionError):
        raise InputError(path, "an element that runs past the end of the file", "a whole file", _REPLACE) from None
    return Elements(data, order, explicit, values, syntax == DEFLATED)


def media_class(data: bytes) -> str:
    """The SOP class that the file meta header of a Part 10 file states; '' where there is none."""
    try:
        meta, _ = walk(data, 132, True, "<", len(data), meta=True)
        offset, length = meta[0x00020002]
    except (KeyError, struct.error, ValueError):
        return ""
    return data[offset : offset + length].decode("ascii", "replace").rstrip("\0 ")


def walk(
    data: bytes,
    offset: int,
    explicit: bool,
    order: str,
    end: int,
    *,
    meta: bool = False,
    item: bool = False,
    last: int = 0xFFFFFFFF,
) -> tuple[dict[int, tuple[int, int]], int]:
    """(offset, length) of each element from `offset` to `end` or, in an `item`, to its delimiter; and where it ended.

    last: the walk ends before a tag beyond this one. Raises ValueError or struct.error where the elements do not fit.
    """
    header, long_length = struct.Struct(order + "HHI"), struct.Struct(order + "I")
    values: dict[int, tuple[int, int]] = {}
    previous = -1
    while offset < end:
        group, element, length = header.unpack_from(data, offset)
        if meta and group != 2:
            break
        tag = group << 16 | element
        if item and tag == _ITEM_END:
            return values, offset + 8
        if tag > last:
            break
        if tag <= previous:
            raise ValueError("tags out of order")
        previous = tag
        vr = data[offset + 4 : offset + 6]
        offset += 8
        if explicit:
            if vr not in VALUE_REPRESENTATIONS:
                raise ValueError("no value representation")
            if vr in LONG_VR:
                (length,) = long_length.unpack_from(data, offset)
                offset += 4
            else:
                (length,) = struct.unpack_from(order + "H", data, offset - 2)
        if length == _UNDEFINED:
            if group == 0x7FE0:
                raise ValueError("encapsulated pixel data")
            after = _skip_sequence(data, offset, explicit, order, end)
            values[tag] = (offset, after - offset)
            offset = after
            continue
        if length > end - offset:
            raise ValueError("value past the end")
        values[tag] = (offset, length)
        offset += length
    return values, offset


def _skip_sequence(data: bytes, offset: int, explicit: bool, order: str, end: int) -> int:
    """Offset after the delimiter of a sequence of undefined length."""
    header = struct.Struct(order + "HHI")
    while offset < end:
        group, element, length = header.unpack_from(data, offset)
        tag = group << 16 | element
        offset += 8
        if tag == _SEQUENCE_END:
            return offset
        if tag != _ITEM:
            raise ValueError("no item")
        if length == _UNDEFINED:
            _, offset = walk(data, offset, explicit, order, end, item=True)
        else:
            offset += length
    raise ValueError("sequence past the end")


def decode(tag: int, raw: bytes, order: str):
    """Value of an attribute: float or int, tuple for several, str for text, None when empty.

    Raises ValueError where the bytes do not fit the attribute.
    """
    attribute = PRIVATE.get(tag) or STANDARD[tag]
    if not raw:
        return None
    if attribute.vr == "FD":
        values = np.frombuffer(raw, order + "f8").tolist()
    elif attribute.binary and not _is_number(raw, attribute):
        values = np.frombuffer(raw, order + attribute.binary).tolist()
    else:
        text = raw.decode("ascii", "replace").strip("\0 ")
        if attribute.vr not in ("DS", "IS", "FL", "US"):
            return text
        if not text:
            return None
        kind = int if attribute.vr in ("IS", "US") else float
        values = [kind(float(part)) if kind is int else kind(part) for part in text.split("\\")]
    if not np.all(np.isfinite(values)):
        raise ValueError("not finite")
    return values[0] if len(values) == 1 else tuple(values)


def _is_number(raw: bytes, attribute) -> bool:
    """Some writers store a number as text: its length then does not fit the binary form."""
    return len(raw) % np.dtype(attribute.binary).itemsize != 0
