"""A folder of DICOM files -> one ordered series; what cannot be used is listed with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ldct.dicom.assembly import assemble
from ldct.dicom.deidentify import known_kernel, known_manufacturer
from ldct.dicom.headers import Header
from ldct.dicom.padding import unmeasured
from ldct.dicom.read import BODY_HU, NoSliceError, Slice, read_slices
from ldct.dicom.rescale import check_unit
from ldct.errors import InputError
from ldct.tables.images import INVALID_HU, ImageStack

TILT_DEGREES = 0.1
MOST_GAPS_LISTED = 5
# Every so many pixels tell what the unit of a series is.
UNIT_STEP = 3


@dataclass
class Series:
    """One series in order of position, with what its header says.

    frames: the slices and those of the series that could not be used. header: as the files state it, for comparing;
    kernel: of the usual names only.
    """

    stack: ImageStack
    header: Header
    frames: int
    kernel: str | None
    manufacturer: str | None
    spacing_mm: float | None
    lossy: bool = False
    notes: list[str] = field(default_factory=list)


def read_series(
    folder: Path, *, patient: str, dose: str, allow_lossy: bool = False
) -> tuple[Series | None, list[InputError]]:
    """The one CT series below `folder`, and what was set aside; None where there is none to use.

    Files are named relative to the folder. Frames are put together as `ldct.dicom.assembly` says, and ordered along
    the slice normal.
    """
    refused: list[InputError] = []
    if not folder.is_dir():
        return None, [InputError("", f"no folder for the {dose} dose", "a folder of DICOM files", "Mend the manifest.")]
    slices: list[Slice] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.name.startswith(".") or path.name == "DICOMDIR":
            continue
        try:
            name = path.relative_to(folder).as_posix()
            slices += read_slices(path, name, allow_lossy=allow_lossy, refused=refused)
        except InputError as error:
            refused.append(error)
    if not slices:
        found = "no usable CT image"
        refused.append(InputError("", found, "a CT series", f"See the {len(refused)} refused files, or mend the path."))
        return None, refused
    damaged = sum(not isinstance(error, NoSliceError) for error in refused)
    try:
        together = assemble(slices)
        refused += together.aside
        series = _series(together.slices, patient, dose)
    except InputError as error:
        return None, [*refused, error]
    lost = together.lost + damaged
    series.frames = len(together.slices) + lost
    series.notes += together.notes
    if lost:
        series.notes.append(
            f"{lost} of its {series.frames} frames ({100 * lost / series.frames:.1f} %) could not be used"
        )
    return series, refused


def _series(slices: Sequence[Slice], patient: str, dose: str) -> Series:
    """The series of slices in order. Raises InputError where their values are no HU."""
    first = slices[0]
    along = np.array([float(item.position @ first.normal) for item in slices])
    spacing = float(np.median(np.diff(along))) if len(slices) > 1 else None
    header = first.header
    for item in slices:
        header = header.completed(item.header)
    hu = np.stack([item.hu for item in slices])
    notes = _notes(slices, along, spacing) + settle(hu, {item.unit for item in slices})
    stack = ImageStack(
        patient=patient,
        dose=dose,
        hu=hu,
        position_mm=along,
        pixel_spacing_mm=first.pixel_spacing_mm,
        slice_thickness_mm=header.thickness or spacing or 1.0,
        origin_mm=np.stack([item.position for item in slices]),
        orientation=first.orientation,
    )
    return Series(
        stack=stack,
        header=header,
        frames=len(slices),
        kernel=known_kernel(header.kernel),
        manufacturer=known_manufacturer(first.manufacturer),
        spacing_mm=spacing,
        lossy=any(item.lossy for item in slices),
        notes=notes,
    )


def settle(hu: np.ndarray, units: set[str]) -> list[str]:
    """Mark, in `hu` itself, what was not measured; notes on that and on the unit. Raises InputError as `check_unit`."""
    notes = []
    unmarked = unmeasured(hu)
    if unmarked.any():
        hu[unmarked] = INVALID_HU
        share = 100 * float(unmarked.mean())
        notes.append(f"{share:.1f} % of the pixels are of one value where nothing was reconstructed: left out")
    sample = hu.ravel()[::UNIT_STEP]
    note = check_unit(units, sample[sample != INVALID_HU])
    return [*notes, note] if note else notes


def _notes(slices: Sequence[Slice], along: np.ndarray, spacing: float | None) -> list[str]:
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
