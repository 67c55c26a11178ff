"""Whether two headers say the same: identities strictly, numbers with a tolerance, words folded.

What a header does not state says nothing, and differs from nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

# Real tube voltages differ from the nominal ones by less than 1 kV, which lie 5 kV apart or more.
KV_DIFFERENCE = 1.0
# A conversion keeps a thickness to 1 %; the nearest that scanners offer, 0.6 and 0.625 mm, differ by 4 %.
THICKNESS_SHARE = 0.01
SPACING_SHARE, DIRECTION_DIFFERENCE = 1e-3, 1e-3


@dataclass(frozen=True)
class Header:
    """What tells series apart, as the file states it; None or empty where it does not.

    Its texts may identify a patient: they are compared, and written nowhere.
    """

    series: str = ""
    frame_of_reference: str = ""
    kernel: str | None = None
    shape: tuple[int, ...] = ()
    kv: float | None = None
    thickness: float | None = None
    pixel_spacing: tuple[float, ...] = ()
    orientation: tuple[float, ...] = ()

    def completed(self, other: Header) -> Header:
        """This header, with what it does not state taken from `other`."""
        given = {f.name: getattr(self, f.name) or getattr(other, f.name) for f in fields(self)}
        return replace(self, **given)


def differences(a: Header, b: Header, names: Sequence[str] = tuple(f.name for f in fields(Header))) -> list[str]:
    """Those of the attributes `names` in which the headers contradict each other."""
    return [name for name in names if _contradict(name, getattr(a, name), getattr(b, name))]


def _contradict(name: str, a, b) -> bool:
    if not a or not b:
        return False
    if name == "kv":
        return abs(a - b) > KV_DIFFERENCE
    if name == "thickness":
        return abs(a - b) > THICKNESS_SHARE * max(a, b)
    if name == "pixel_spacing":
        return any(abs(x - y) > SPACING_SHARE * max(x, y) for x, y in zip(a, b, strict=True))
    if name == "orientation":
        return any(abs(x - y) > DIRECTION_DIFFERENCE for x, y in zip(a, b, strict=True))
    return fold(a) != fold(b) if name == "kernel" else a != b


def fold(text: str) -> str:
    """Words without case, and without what stands between them: 'Soft Tissue', 'SOFT_TISSUE' and 'soft-tissue'."""
    return "".join(letter for letter in text.casefold().replace("\\", "/") if letter.isalnum() or letter in "+/")
