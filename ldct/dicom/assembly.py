"""The slices of a folder -> one series: merged where no two images share a position, and every frame accounted for.

AcquisitionNumber counts table positions in step-and-shoot scans, and phases in others; stacks and moments of Enhanced
CT are likewise. So they say nothing by themselves: what tells is whether their images stand at the same positions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ldct.dicom.headers import Header, differences
from ldct.dicom.read import Slice
from ldct.errors import InputError

# Slices nearer than this are the same position (mm).
SAME_POSITION_MM = 0.01
# Two acquisitions of one region whose slices lie nearer than this share of the spacing are two scans of it. Less than
# a half: slices that lie just between those of the other acquisition make one regular series.
NEAR_SHARE = 0.45


@dataclass
class Assembly:
    """Slices of one series in order of position, and the other frames, each with its reason.

    lost: how many of those set aside belong to the series and could not be used; copies are not lost. doubtful: at how
    many positions two different images stand.
    """

    slices: list[Slice]
    aside: list[InputError] = field(default_factory=list)
    lost: int = 0
    doubtful: int = 0
    notes: list[str] = field(default_factory=list)

    def set_aside(self, slices: Sequence[Slice], found: str, expected: str, action: str) -> None:
        """Take each of `slices` out, with its reason."""
        self.aside += [InputError(item.file, found, expected, action) for item in slices]


def assemble(slices: Sequence[Slice]) -> Assembly:
    """The series that holds more than half of `slices`; of two scans of one region, that with more than half of both.

    A position with two different images is set aside, both of them, where the rest holds more slices than any one
    acquisition does. Raises InputError where no series, or no acquisition, has more than half: nothing is guessed.
    """
    groups = sorted(_kinds(slices), key=len, reverse=True)
    largest = groups[0]
    if 2 * len(largest) <= len(slices):
        sizes = ", ".join(str(len(group)) for group in groups)
        raise InputError("", f"{len(groups)} series ({sizes} slices)", "one", "Give each series a folder of its own.")
    result = _merged(largest)
    for group in groups[1:]:
        result.set_aside(
            group, "a slice of another series or geometry", "one series", "Move it to a folder of its own."
        )
        same = [item for item in group if item.header.series == largest[0].header.series]
        result.lost += len(same)
    if len(groups) > 1:
        result.notes.append(f"{len(slices) - len(largest)} of {len(slices)} frames are of another series or geometry")
    assert len(slices) == len(result.slices) + len(result.aside), "every frame is used or set aside"
    return result


def _kinds(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Slices whose headers do not contradict each other, together.

    A series has one frame of reference (PS3.3 C.7.4.1), whatever an anonymiser made of it.
    """
    groups: list[tuple[Header, list[Slice]]] = []
    for item in slices:
        for number, (header, members) in enumerate(groups):
            contradicted = differences(header, item.header)
            one_series = header.series != "" and header.series == item.header.series
            if not contradicted or (one_series and contradicted == ["frame_of_reference"]):
                members.append(item)
                groups[number] = header.completed(item.header), members
                break
        else:
            groups.append((item.header, [item]))
    return [members for _, members in groups]


def _merged(slices: Sequence[Slice]) -> Assembly:
    """All acquisitions as one series, or the one of them that keeps more."""
    whole = _placed(slices)
    parts: dict[tuple[str, ...], list[Slice]] = defaultdict(list)
    for item in slices:
        parts[item.part].append(item)
    if not whole.doubtful:
        if len(parts) > 1:
            whole.notes.append(f"{len(parts)} acquisitions or stacks, no two at one position, are one series")
        return whole
    one = max(parts.values(), key=len)
    alone = _placed(one) if 2 * len(one) > len(slices) else Assembly([])
    if len(alone.slices) > len(whole.slices):
        rest = [item for item in slices if item.part != one[0].part]
        alone.set_aside(
            rest,
            "an image of another acquisition at the same positions",
            "one acquisition",
            "Give each its own folder.",
        )
        alone.notes.append(f"{len(rest)} frames of another acquisition, phase or reconstruction stand at its positions")
        return alone
    if len(whole.slices) <= whole.doubtful:
        found = f"two different images at one position, {whole.doubtful} times"
        action = "Separate phases or reconstructions: give each a folder of its own."
        raise InputError("", found, "one image a position", action)
    return whole


def _placed(slices: Sequence[Slice]) -> Assembly:
    """Slices in order of position, without copies and without the positions that have two images."""
    result = Assembly([])
    for place in _places(slices):
        distinct = [item for k, item in enumerate(place) if not any(np.array_equal(item.hu, o.hu) for o in place[:k])]
        if len(distinct) == 1:
            result.slices.append(place[0])
            copies = place[1:]
        else:
            copies = [item for item in place if all(item is not one for one in distinct)]
            result.set_aside(
                distinct,
                "two different images at one position",
                "one image a position",
                "Separate phases or reconstructions.",
            )
            result.doubtful += 1
            result.lost += len(distinct)
        result.set_aside(copies, "a copy of another slice", "each slice once", "Nothing to do.")
    if result.doubtful:
        result.notes.append(
            f"{result.lost} frames at {result.doubtful} positions with two different images are set aside"
        )
    return result


def _places(slices: Sequence[Slice]) -> list[list[Slice]]:
    """The slices by position along the normal, in order."""
    normal = slices[0].normal
    along = {id(item): float(item.position @ normal) for item in slices}
    ordered = sorted(slices, key=lambda item: (along[id(item)], item.file))
    scans: dict[tuple[str, ...], _Extent] = {}
    for part in {item.part for item in slices}:
        scans[part] = _Extent.of(np.array([along[id(item)] for item in ordered if item.part == part]))
    places: list[list[Slice]] = []
    for item in ordered:
        first = places[-1][0] if places else None
        if first is not None and along[id(item)] - along[id(first)] < scans[item.part].near(scans[first.part]):
            places[-1].append(item)
        else:
            places.append([item])
    return places


@dataclass(frozen=True)
class _Extent:
    """From where to where the slices of an acquisition reach, and their spacing (infinite for one slice), mm."""

    first: float
    last: float
    spacing: float

    @classmethod
    def of(cls, along: np.ndarray) -> _Extent:
        steps = np.diff(along)
        steps = steps[steps >= SAME_POSITION_MM]
        return cls(float(along[0]), float(along[-1]), float(np.median(steps)) if len(steps) else np.inf)

    def near(self, other: _Extent) -> float:
        """Slices of both that are less apart are at the same position, mm."""
        spacing = min(self.spacing, other.spacing)
        apart = self is other or max(self.first, other.first) > min(self.last, other.last)
        return SAME_POSITION_MM if apart or not np.isfinite(spacing) else max(NEAR_SHARE * spacing, SAME_POSITION_MM)
