"""A folder of DICOM files -> one ordered series; what cannot be used is listed with its reason."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ldct.dicom.deidentify import known_kernel, known_manufacturer
from ldct.dicom.read import BODY_HU, Slice, read_slices
from ldct.errors import InputError
from ldct.tables.images import ImageStack

# Slices nearer than this are the same position (mm).
SAME_POSITION_MM = 0.01
TILT_DEGREES = 0.1
MOST_GAPS_LISTED = 5


@dataclass
class Series:
    """One series in order of position, with what its header says."""

    stack: ImageStack
    kvp: float | None
    kernel: str | None
    manufacturer: str | None
    spacing_mm: float | None
    frame_of_reference: str
    lossy: bool = False
    notes: list[str] = field(default_factory=list)


def read_series(
    folder: Path, *, patient: str, dose: str, allow_lossy: bool = False
) -> tuple[Series | None, list[InputError]]:
    """The one CT series below `folder`, and what was set aside; None where there is none to use.

    Files are named relative to the folder. Grouped by series, geometry, kernel and acquisition; ordered along the
    slice normal. The largest group is taken where it holds more than half of the slices, else nothing is guessed.
    """
    refused: list[InputError] = []
    if not folder.is_dir():
        return None, [InputError("", f"no folder for the {dose} dose", "a folder of DICOM files", "Mend the manifest.")]
    slices: list[Slice] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.name.startswith(".") or path.name == "DICOMDIR":
            continue
        try:
            slices += read_slices(path, path.relative_to(folder).as_posix(), allow_lossy=allow_lossy)
        except InputError as error:
            refused.append(error)
    groups: dict[tuple, list[Slice]] = defaultdict(list)
    for item in slices:
        groups[item.group].append(item)
    if not groups:
        found = "no usable CT image"
        refused.append(InputError("", found, "a CT series", f"See the {len(refused)} refused files, or mend the path."))
        return None, refused
    largest = max(groups.values(), key=len)
    if 2 * len(largest) <= len(slices):
        sizes = ", ".join(str(len(group)) for group in sorted(groups.values(), key=len, reverse=True))
        refused.append(
            InputError("", f"{len(groups)} series ({sizes} slices)", "one", "Give each series a folder of its own.")
        )
        return None, refused
    for group in groups.values():
        if group is not largest:
            refused += [
                InputError(
                    item.file, "a slice of another series or geometry", "one series", "Move it to a folder of its own."
                )
                for item in group
            ]
    try:
        return _order(largest, patient, dose, refused), refused
    except InputError as error:
        return None, [*refused, error]


def _order(slices: list[Slice], patient: str, dose: str, refused: list[InputError]) -> Series:
    """Sort along the normal, drop exact copies, refuse two images at one position."""
    normal = slices[0].normal
    slices = sorted(slices, key=lambda item: (float(item.position @ normal), item.file))
    kept: list[Slice] = []
    for item in slices:
        if kept and abs(float((item.position - kept[-1].position) @ normal)) < SAME_POSITION_MM:
            if np.array_equal(item.hu, kept[-1].hu):
                refused.append(InputError(item.file, "a copy of another slice", "each slice once", "Nothing to do."))
                continue
            found = "two different images at one position"
            raise InputError(item.file, found, "one image a position", "Separate phases or reconstructions.")
        kept.append(item)
    along = np.array([float(item.position @ normal) for item in kept])
    spacing = float(np.median(np.diff(along))) if len(kept) > 1 else None
    first = kept[0]
    stack = ImageStack(
        patient=patient,
        dose=dose,
        hu=np.stack([item.hu for item in kept]),
        position_mm=along,
        pixel_spacing_mm=first.pixel_spacing_mm,
        slice_thickness_mm=first.thickness_mm or spacing or 1.0,
        origin_mm=np.stack([item.position for item in kept]),
        orientation=first.orientation,
    )
    return Series(
        stack=stack,
        kvp=first.kvp,
        kernel=known_kernel(first.kernel),
        manufacturer=known_manufacturer(first.manufacturer),
        spacing_mm=spacing,
        frame_of_reference=first.frame_of_reference,
        lossy=any(item.lossy for item in kept),
        notes=_notes(kept, along, spacing),
    )


def _notes(slices: list[Slice], along: np.ndarray, spacing: float | None) -> list[str]:
    """What a reader of the series should know: lossy pixels, gaps, tilt, order, padding within the range of tissue."""
    notes = []
    if any(item.lossy for item in slices):
        notes.append("lossily compressed images")
    if spacing is not None:
        gaps = np.diff(along)
        irregular = np.flatnonzero(np.abs(gaps - spacing) > max(0.01 * spacing, 0.05))
        if len(irregular):
            places = [f"{along[k]:.2f} to {along[k + 1]:.2f} mm" for k in irregular[:MOST_GAPS_LISTED]]
            more = ", ..." if len(irregular) > MOST_GAPS_LISTED else ""
            text = (
                f"{len(irregular)} irregular gap{'s' * (len(irregular) > 1)} between slices ({', '.join(places)}{more})"
            )
            notes.append(f"{text}; {len(irregular) + 1} contiguous runs, never interpolated")
        walk = slices[-1].position - slices[0].position
        angle = np.degrees(np.arccos(np.clip(abs(walk @ slices[0].normal) / np.linalg.norm(walk), 0, 1)))
        angle = max(float(angle), *(abs(item.tilt_degrees) for item in slices))
        if angle > TILT_DEGREES:
            notes.append(f"gantry tilt {angle:.1f} degrees; slices are used as 2-D images")
    numbers = [item.number for item in slices if item.number is not None]
    if len(numbers) == len(slices) and len(numbers) > 1:
        steps = np.sign(np.diff(numbers))
        if not (np.all(steps > 0) or np.all(steps < 0)):
            notes.append("InstanceNumber is not in the order of the positions, which are used")
    if any(item.padding_hu is not None and BODY_HU[0] < item.padding_hu < BODY_HU[1] for item in slices):
        notes.append("PixelPaddingValue lies within the range of tissue: pixels of that value are left out")
    return notes
