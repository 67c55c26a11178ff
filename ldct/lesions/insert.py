"""A patient's images with lesions, at full and at low dose."""

from __future__ import annotations

import itertools
import logging
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ldct.data.axes import axes_of
from ldct.data.selection import evenly_spaced
from ldct.lesions.crop import crop, half_sizes
from ldct.lesions.in_images import centre_mm, signal
from ldct.lesions.in_projections import Difference
from ldct.lesions.masks import read_mask
from ldct.lesions.places import APART_MM, BACKGROUNDS_APART_MM, Place, draw
from ldct.lesions.shapes import Lesion, bodies, reach_mm
from ldct.projection.ctpd.reader import open_series
from ldct.projection.reduced import reduce_dose
from ldct.reconstruction.axes import assumed_axes
from ldct.reconstruction.helical import reconstruct
from ldct.reconstruction.insertion import calibrate, insert_noise
from ldct.tables import write_table
from ldct.tables.images import AIR_HU, INVALID_HU, ImageStack, read_images, write_images
from ldct.tables.lesions import LESIONS, NONE, REAL

if TYPE_CHECKING:
    from ldct.stages.lesions import Lesions

log = logging.getLogger("ldct")


def build_lesions(
    spec: Lesions.Spec,
    images: Mapping[str, Path],
    projections: Mapping[str, Path],
    axes: Sequence[Path],
    mask: Path | None,
    output: Path,
) -> None:
    """Write output/lesions.parquet (LESIONS) and output/{full,low}.parquet, the test slices with the lesions in them.

    images: the image table of each dose; projections: the folder of each dose that was acquired as projections; axes:
    tables of the patient axes found; mask: NRRD label of real tumours. Inserted lesions are put in before the dose is
    reduced: into the projections of both doses, into the full-dose image before its noise is raised, or as the same
    projected lesion into both doses' images where the low dose came as images. The slice with most of a real tumour is
    added to the slices.
    """
    full, low = (read_images(images[dose]) for dose in ("full", "low"))
    chosen = evenly_spaced(full.index, spec.slices_per_patient)
    tumours, taken = _tumours(spec, full, mask)
    rows, lesions = _place(spec, full, chosen, len(tumours), taken)
    kept = sorted({*chosen, *(row["slice"] for row in tumours)}) if len(full) else []
    log.info("%s: %d lesions inserted, %d real", spec.patient, len(lesions), len(tumours))
    full, low = _insert(spec, full, low, kept, lesions, projections, axes)
    output.mkdir(parents=True, exist_ok=True)
    for dose, stack in (("full", full), ("low", low)):
        write_images(output / f"{dose}.parquet", stack)
    write_table(output / "lesions.parquet", pa.Table.from_pylist([*tumours, *rows], LESIONS), LESIONS)


def _tumours(
    spec: Lesions.Spec, full: ImageStack, path: Path | None
) -> tuple[list[dict[str, Any]], list[tuple[int, np.ndarray]]]:
    """LESIONS rows of the real tumour (the slice with most of it); and (slice, mask) of all that it occupies."""
    if path is None or not len(full):
        return [], []
    mask = read_mask(path, full)
    touched = np.flatnonzero(mask.any(axis=(1, 2)))
    if not len(touched):
        log.warning("%s: the tumour mask has no voxel in these slices", spec.patient)
        return [], []
    number = int(np.argmax(mask.sum(axis=(1, 2))))
    row, column = (round(float(np.mean(axis))) for axis in np.nonzero(mask[number]))
    area = mask[number].sum() * np.prod(full.pixel_spacing_mm)
    place = Place(int(full.index[number]), row, column, "")
    found = _row(spec, 0, REAL, place, full, float(2 * np.sqrt(area / np.pi)), None)
    found |= {"first_slice": int(full.index[touched[0]]), "last_slice": int(full.index[touched[-1]])}
    own = crop(mask[number], row, column, half_sizes(found, full.pixel_spacing_mm, spec.lesions.region_mm), 0)
    occupied = [(int(full.index[k]), mask[k]) for k in touched]
    return [{**found, "mask": np.packbits(own).tobytes()}], occupied


def _place(
    spec: Lesions.Spec, full: ImageStack, chosen: list[int], number: int, taken: list[tuple[int, np.ndarray]]
) -> tuple[list[dict[str, Any]], list[Lesion]]:
    """LESIONS rows, from `number` on, of inserted lesions and of places without one; and the inserted lesions."""
    wanted = spec.lesions
    if not len(full):
        return [], []
    rng = np.random.default_rng([wanted.seed, zlib.crc32(spec.patient.encode())])
    types = list(itertools.product(wanted.kinds, wanted.diameters_mm, wanted.contrasts_hu))
    rng.shuffle(types)
    types = [types[i % len(types)] for i in range(wanted.per_patient)]
    # The largest first, while there is room.
    types.sort(key=lambda item: -float(item[1]))
    options: dict[str, Any] = {"margin_mm": wanted.region_mm / 2, "taken": taken}
    radii = [float(diameter) / 2 for _, diameter, _ in types]
    places = draw(full, chosen, radii, wanted.tissues, rng, apart_mm=APART_MM, **options)
    rows: list[dict[str, Any]] = []
    lesions: list[Lesion] = []
    for (kind, diameter, contrast), place in zip(types, places, strict=True):
        if place is None:
            continue
        row = _row(spec, number, str(kind), place, full, float(diameter), float(contrast))
        lesion = Lesion(number, str(kind), float(diameter), float(contrast), (row["x_mm"], row["y_mm"], row["z_mm"]))
        position = full.position_mm[list(full.index).index(place.slice)]
        near = np.abs(full.position_mm - position) < reach_mm(lesion) + full.slice_thickness_mm / 2
        rows.append(row | {"first_slice": int(full.index[near][0]), "last_slice": int(full.index[near][-1])})
        lesions.append(lesion)
        number += 1
    if missing := len(types) - len(lesions):
        log.warning("%s: no room for %d of %d lesions", spec.patient, missing, len(types))
    # As much of the same tissue as around the largest lesion, or observers would see its edges instead of noise.
    largest = [max(radii, default=2.0)] * wanted.backgrounds_per_patient
    free = draw(full, chosen, largest, wanted.tissues, rng, apart_mm=BACKGROUNDS_APART_MM, **options)
    rows += [_row(spec, number + i, NONE, p, full, 0.0, None) for i, p in enumerate(p for p in free if p is not None)]
    return rows, lesions


def _row(
    spec: Lesions.Spec,
    number: int,
    kind: str,
    place: Place,
    full: ImageStack,
    diameter: float,
    contrast: float | None,
) -> dict[str, Any]:
    at = list(full.index).index(place.slice)
    x, y, z = centre_mm(full, at, place.row, place.column)
    return {
        "patient": spec.patient, "lesion": number, "kind": kind, "tissue": place.tissue, "diameter_mm": diameter,
        "contrast_hu": contrast, "slice": place.slice, "row": place.row, "column": place.column,
        "x_mm": x, "y_mm": y, "z_mm": z, "first_slice": place.slice, "last_slice": place.slice, "mask": None,
    }  # fmt: skip


def _insert(
    spec: Lesions.Spec,
    full: ImageStack,
    low: ImageStack,
    kept: list[int],
    lesions: list[Lesion],
    projections: Mapping[str, Path],
    axes: Sequence[Path],
) -> tuple[ImageStack, ImageStack]:
    """The slices `kept` of both doses with the lesions."""
    own = np.flatnonzero(np.isin(full.index, kept))
    without = {dose: _only(stack, own) for dose, stack in (("full", full), ("low", low))}
    if not lesions:
        return without["full"], without["low"]
    if projections:
        # A low dose that is made here is made of the full dose's projections, lesions or not.
        doses = {"full": projections["full"], "low": projections.get("low", projections["full"])}
        changes = {dose: _from_projections(spec, path, dose, lesions, axes) for dose, path in doses.items()}
        added = {dose: _matched(changes[dose], without[dose]) for dose in changes}
    else:
        added = {"full": np.stack([signal(without["full"], i, lesions) for i in range(len(own))])}
    present = _plus(without["full"], added["full"])
    if projections or spec.low_dose is None:
        return present, _plus(without["low"], added.get("low", added["full"]))
    settings = spec.low_dose.model_dump()
    if spec.low_dose.photons is None:
        # The noise of the patient's own low dose: calibrated on all its slices.
        settings["photons"] = calibrate(full, **spec.low_dose.model_dump(exclude={"photons"}))
    return present, insert_noise(present, **settings)


def _from_projections(
    spec: Lesions.Spec, folder: Path, dose: str, lesions: list[Lesion], axes: Sequence[Path]
) -> ImageStack:
    """What the lesions change in one dose, from its projections: -1000 HU is no change."""
    series = open_series(folder, [])
    if dose == "low" and spec.low_dose is not None:
        series, _ = reduce_dose(series, **spec.low_dose.model_dump())
    acquisition = series.acquisition
    found = axes_of(spec.patient, acquisition, axes)[0] if spec.kind == "ctpd" else None
    frame = found or assumed_axes(acquisition.patient_position)
    phantom = bodies(lesions, acquisition.water_attenuation, frame.signs, frame.shift_mm)
    number = zlib.crc32(f"{spec.patient} {dose}".encode())
    assert spec.electronic_noise is not None and spec.reconstruction is not None
    changed = Difference.of(series, phantom, spec.electronic_noise, (spec.lesions.seed << 32) + number)
    if changed.photons is None:
        log.warning("%s: the files state no quanta: lesions add no noise of their own", spec.patient)
    return reconstruct(changed, spec.reconstruction.model_dump(), patient=spec.patient, dose=dose, axes=frame)


def _matched(change: ImageStack, stack: ImageStack) -> np.ndarray:
    """HU that `change` adds to the slices of `stack`, by position along the normal."""
    at = [int(np.argmin(np.abs(change.position_mm - position))) for position in stack.position_mm]
    hu = change.hu[at]
    return np.where(hu == INVALID_HU, 0, hu.astype(np.float32) - AIR_HU)


def _plus(stack: ImageStack, added: np.ndarray) -> ImageStack:
    hu = np.clip(np.rint(stack.hu + added), INVALID_HU + 1, 32767).astype(np.int16)
    return replace(stack, hu=np.where(stack.valid, hu, INVALID_HU))


def _only(stack: ImageStack, own: np.ndarray) -> ImageStack:
    return replace(
        stack, hu=stack.hu[own], position_mm=stack.position_mm[own], origin_mm=stack.origin_mm[own],
        index=stack.index[own],
    )  # fmt: skip
