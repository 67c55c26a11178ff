"""Files of one series share their byte layout; views of a known layout are read without parsing."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from ldct.projection.ctpd.elements import Elements
from ldct.projection.ctpd.header import VIEW_TAGS, View
from ldct.projection.ctpd.tags import PIXEL_DATA, PRIVATE, STANDARD


@dataclass(frozen=True)
class Layout:
    """Bytes that must be as in the first file (headers and constant attributes), and where the view's values lie."""

    size: int
    order: str
    pixel_offset: int
    constant: tuple[tuple[int, bytes], ...]
    fields: tuple[tuple[str, int, struct.Struct | None, int], ...]

    @classmethod
    def of(cls, elements: Elements, size: int) -> Layout | None:
        """The layout of a parsed file; None where its values need the general path."""
        data, values = elements.data, elements.values
        pixel_offset = values[PIXEL_DATA][0]
        fields, free = [], [(values[PIXEL_DATA][0], size)]
        known = PRIVATE | STANDARD
        for tag, (offset, length) in values.items():
            if tag in VIEW_TAGS:
                attribute = known[tag]
                item = 4 if attribute.vr == "FL" else 0
                if item and (length % item or not length):
                    return None
                packed = struct.Struct(f"{elements.order}{length // item}f") if item else None
                fields.append((VIEW_TAGS[tag], offset, packed, length))
            elif tag in known or tag == PIXEL_DATA:
                continue
            free.append((offset, offset + length))
        start = min(offset for offset, _ in values.values()) - 8
        # Of the file meta, only the UID of the instance may differ.
        uid = data.find(b"\x02\x00\x03\x00UI", 132, start) + 8
        after = uid + data[uid - 2] if uid > 7 else 128
        constant = [(128, data[128:uid])] if uid > 7 else []
        constant.append((after, data[after:start]))
        at = start
        for low, high in sorted(free):
            if low > at:
                constant.append((at, data[at:low]))
            at = max(at, high)
        return cls(size, elements.order, pixel_offset, tuple(constant), tuple(fields))

    def view(self, header: bytes) -> View | None:
        """The view's values from its header bytes; None where the file is laid out differently."""
        for offset, expected in self.constant:
            if header[offset : offset + len(expected)] != expected:
                return None
        found: dict = {"angle_shift": 0.0, "radial_shift": 0.0, "axial_shift": 0.0, "tube_current": 0.0}
        found |= {"timestamp": 0.0, "photons": np.zeros(0, np.float32)}
        for name, offset, packed, length in self.fields:
            if name == "photons":
                found[name] = np.frombuffer(header, self.order + "f4", length // 4, offset).astype(np.float32)
                continue
            if packed is not None:
                found[name] = packed.unpack_from(header, offset)[0]
                continue
            try:
                number = float(header[offset : offset + length].strip(b"\0 "))
            except ValueError:
                return None
            found[name] = int(number) if name == "instance" else number
        return View(**found)
