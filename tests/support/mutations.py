"""Damage to DICOM files, as transfers, exports and attackers cause it; reproducible from a seed."""

from __future__ import annotations

import io
import struct

import numpy as np
import pydicom
from pydicom.dataelem import RawDataElement

VRS = [b"OB", b"OW", b"UN", b"SQ", b"US", b"SS", b"DS", b"IS", b"UI", b"FL", b"FD", b"PN", b"AT", b"UT", b"XX", b"\0\0"]
SIZES = (0x00280010, 0x00280011, 0x00280002, 0x00280100, 0x00280101, 0x00280102, 0x70291010, 0x70291011)
FRAMES = 0x00280008
KINDS = ("truncation", "bit flips", "wrong VR", "huge dimensions", "lying length", "zeroed block")


def mutate(data: bytes, kind: str, rng: np.random.Generator) -> bytes:
    """`data` with damage of a kind of `KINDS`."""
    if kind == "truncation":
        return data[: int(rng.integers(0, len(data)))]
    made = bytearray(data)
    if kind == "bit flips":
        # Half of the damage hits the header, where it matters more.
        end = len(data) if rng.random() < 0.5 else min(len(data), 1500)
        for at in rng.integers(0, end, int(rng.integers(1, 20))):
            made[at] ^= 1 << int(rng.integers(8))
        return bytes(made)
    if kind == "zeroed block":
        start = int(rng.integers(0, len(data)))
        made[start : start + 64] = bytes(len(made[start : start + 64]))
        return bytes(made)
    elements = _elements(data)
    if kind == "huge dimensions":
        sizes = [item for item in elements if item.tag in (*SIZES, FRAMES)]
        for item in rng.permutation(len(sizes))[: int(rng.integers(1, 4))]:
            _resize(made, sizes[int(item)], rng)
        return bytes(made)
    item = elements[int(rng.integers(len(elements)))]
    implicit, order = item.is_implicit_VR, "<" if item.is_little_endian else ">"
    long = not implicit and bytes(made[item.value_tell - 10 : item.value_tell - 8]) == b"\0\0"
    if kind == "wrong VR" and not implicit:
        at = item.value_tell - (8 if long else 4)
        made[at : at + 2] = VRS[int(rng.integers(len(VRS)))]
    elif kind == "wrong VR":
        # Implicit files name no VR; the tag decides it.
        made[item.value_tell - 8 + int(rng.integers(4))] ^= 1 << int(rng.integers(8))
    else:
        length = int(rng.choice([0, 1, 3, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFFF]))
        if implicit or long:
            struct.pack_into(order + "I", made, item.value_tell - 4, length)
        else:
            struct.pack_into(order + "H", made, item.value_tell - 2, length & 0xFFFF)
    return bytes(made)


def _elements(data: bytes) -> list[RawDataElement]:
    """The elements of a good file outside of sequences, with the offsets of their values."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    found = map(dataset.get_item, dataset.keys())
    return [item for item in found if isinstance(item, RawDataElement)]


def _resize(made: bytearray, item: RawDataElement, rng: np.random.Generator) -> None:
    if item.tag == FRAMES:
        text = str(rng.choice(["0", "-1", "99999999", "2147483647", "x"]))[: item.length]
        made[item.value_tell : item.value_tell + item.length] = text.ljust(item.length).encode()
    elif item.length == 2:
        size = int(rng.choice([0, 1, 7, 12, 64, 4096, 32768, 65535]))
        struct.pack_into("<H" if item.is_little_endian else ">H", made, item.value_tell, size)
