"""Multi-frame DICOM-CT-PD: the attributes that each frame carries in its functional groups."""

from __future__ import annotations

import struct
from pathlib import Path

from ldct.errors import InputError
from ldct.projection.ctpd.elements import Elements, walk
from ldct.projection.ctpd.tags import PER_FRAME, PRIVATE, STANDARD

_ITEM, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE0DD


def frame_values(elements: Elements, path: str | Path, frames: int) -> list[dict[int, bytes]]:
    """Raw values of the known attributes of each frame, nested sequences flattened.

    Raises InputError where the number of items is not the number of frames or a sequence is broken.
    """
    where = elements.values.get(PER_FRAME)
    try:
        found = [] if where is None else _items(elements, where[0], where[0] + where[1], 0)
    except (struct.error, ValueError):
        raise InputError(
            path, "broken per-frame functional groups", "one item a frame", "Fetch this file again."
        ) from None
    if len(found) != frames:
        raise InputError(path, f"{len(found)} per-frame items", f"{frames}, one a frame", "Fetch this file again.")
    return found


def _items(elements: Elements, offset: int, end: int, depth: int) -> list[dict[int, bytes]]:
    if depth > 16:
        raise ValueError("nested too deep")
    found = []
    while offset < end:
        group, element, length = struct.unpack_from(elements.order + "HHI", elements.data, offset)
        tag = group << 16 | element
        offset += 8
        if tag == _SEQUENCE_END:
            break
        if tag != _ITEM:
            raise ValueError("no item")
        stop = end if length == 0xFFFFFFFF else offset + length
        if stop > end:
            raise ValueError("item past the end")
        values, offset = walk(elements.data, offset, elements.explicit, elements.order, stop, item=True)
        found.append(_flatten(elements, values, depth))
    return found


def _flatten(elements: Elements, values: dict[int, tuple[int, int]], depth: int) -> dict[int, bytes]:
    item_start = struct.pack(elements.order + "HH", 0xFFFE, 0xE000)
    flat: dict[int, bytes] = {}
    for tag, (offset, length) in values.items():
        raw = elements.data[offset : offset + length]
        if tag in PRIVATE or tag in STANDARD:
            flat[tag] = raw
        elif raw[:4] == item_start:
            for nested in _items(elements, offset, offset + length, depth + 1):
                flat.update(nested)
    return flat
