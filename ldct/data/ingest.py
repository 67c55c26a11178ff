"""A patient's full- and low-dose images, from whatever source; what cannot be used is listed and the study goes on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ldct.data.achieved import measured_dose, off_target
from ldct.data.axes import axes_of
from ldct.data.naming import numbered
from ldct.data.pairing import check_headers, noise_sd, pair
from ldct.dicom.deidentify import known_manufacturer
from ldct.dicom.headers import Header
from ldct.dicom.series import Series as GivenSeries
from ldct.dicom.series import read_series
from ldct.errors import InputError
from ldct.projection.ctpd.reader import Series, open_series
from ldct.projection.reduced import own_noise, reduce_dose
from ldct.reconstruction.axes import Axes
from ldct.reconstruction.helical import reconstruct
from ldct.reconstruction.insertion import at_bound, calibrate, insert_noise
from ldct.reconstruction.kernels import kernel_of
from ldct.study.manifest import IMAGE_KINDS
from ldct.tables import write_table
from ldct.tables.cohort import REJECTIONS, SERIES
from ldct.tables.images import ImageStack, write_images
from ldct.volumes.read import read_volume

if TYPE_CHECKING:
    from ldct.stages.images import Images

log = logging.getLogger("ldct")


@dataclass
class Source:
    """One dose of a patient, and what the SERIES table says of it.

    header: compared, and not written; kernel: of the usual names. frames: of the series, those that cannot be used
    included. quanta: of the full dose, that noise was inserted for.
    """

    stack: ImageStack
    source: str
    header: Header
    kernel: str | None = None
    manufacturer: str | None = None
    note: str | None = None
    lossy: bool = False
    frames: int | None = None
    quanta: float | None = None
    dose_measured: float | None = None
    projections: Series | None = None
    axes: Axes | None = None

    def add_note(self, note: str) -> None:
        """Say one more thing of the series."""
        self.note = "; ".join(filter(None, (self.note, note)))

    @property
    def lost_share(self) -> float | None:
        """Share of the frames that is not among the slices."""
        return None if self.frames is None else 1 - len(self.stack) / self.frames


def build_images(
    spec: Images.Spec,
    sources: Mapping[str, Path],
    full: Path,
    low: Path,
    series: Path,
    rejections: Path,
    axes: Sequence[Path] = (),
) -> None:
    """Write the patient's two image tables, its SERIES rows and its REJECTIONS rows.

    sources: folder of each dose. axes: tables of the patient axes that were found (`ldct.data.axes`). A file that
    cannot be used becomes a row in `rejections`; a patient that cannot be used gives empty image tables and a row that
    says why.
    """
    patient = spec.patient
    refused: list[InputError] = []
    pairs: dict[str, Source] = {}
    try:
        pairs = _pair(spec, sources, refused, axes)
    except InputError as error:
        refused.append(InputError("", error.found, error.expected, error.action))
    for error in refused[:20]:
        log.warning("%s: %s", patient, error if error.path else str(error).removeprefix(": "))
    empty = _nothing(patient)
    for dose, path in (("full", full), ("low", low)):
        write_images(path, pairs[dose].stack if pairs else empty[dose])
    write_table(series, pa.Table.from_pylist([_row(spec, s) for s in pairs.values()], SERIES), SERIES)
    rows = [
        {"patient": patient, "file": e.path, "found": e.found, "expected": e.expected, "action": e.action}
        for e in refused
    ]
    write_table(rejections, pa.Table.from_pylist(rows, REJECTIONS), REJECTIONS)
    count = len(pairs["low"].stack) if pairs else 0
    log.info("%s: %d paired slices, %d files or series set aside", patient, count, len(refused))


def _pair(
    spec: Images.Spec, sources: Mapping[str, Path], refused: list[InputError], axes: Sequence[Path]
) -> dict[str, Source]:
    full = _read(spec, "full", sources["full"], refused, axes)
    if "low" in sources:
        low = _read(spec, "low", sources["low"], refused, axes)
        notes = check_headers(full.header, low.header, spec.accept)
        if spec.kind == "dicom" and not (full.header.frame_of_reference and low.header.frame_of_reference):
            notes.append("no frame of reference to compare the doses by; paired by position")
        for note in notes:
            log.warning("%s: %s", spec.patient, note)
            low.add_note(note)
        full.stack, low.stack, left = pair(full.stack, low.stack)
        refused.extend(left)
    else:
        low = _reduced(spec, full)
    _check_lost(spec, full, low)
    _measure_dose(spec, full, low)
    return {"full": full, "low": low}


def _check_lost(spec: Images.Spec, *doses: Source) -> None:
    """Raise InputError where more frames of a dose are lost than the study allows."""
    for source in doses:
        if source.lost_share is not None and source.lost_share > spec.reject_lost:
            found = f"{len(source.stack)} of {source.frames} {source.stack.dose}-dose frames left to use"
            raise InputError(
                "",
                found,
                f"at most {100 * spec.reject_lost:g} % lost (cohort.reject_lost)",
                "See why files were set aside.",
            )


def _measure_dose(spec: Images.Spec, full: Source, low: Source) -> None:
    """Note what dose the noise says. Raises InputError where an inserted one misses its aim and that is forbidden."""
    if low.dose_measured is None:
        low.dose_measured = measured_dose(full.stack, low.stack, inserted=low.source == "inserted")
    wanted = spec.low_dose.fraction if spec.low_dose else None
    if missed := off_target(wanted, low.dose_measured, spec.dose_tolerance):
        log.warning("%s: %s", spec.patient, missed)
        low.add_note(missed)
        if spec.reject_missed_dose:
            action = "Set low_dose.photons, or cohort.reject_missed_dose: false."
            raise InputError("", missed, f"the wanted dose within {100 * spec.dose_tolerance:g} %", action)


def _reduced(spec: Images.Spec, full: Source) -> Source:
    """The low dose made from `full`: in its projections, or through those of its images where there are no others."""
    assert spec.low_dose is not None
    settings = spec.low_dose.model_dump()
    log.info("%s: inserting noise for %g of the dose in the projection domain", spec.patient, spec.low_dose.fraction)
    if full.projections is None:
        note = "noise inserted in projections of the images"
        if settings["photons"] is None:
            settings["photons"] = calibrate(full.stack, **spec.low_dose.model_dump(exclude={"photons"}))
            if at_bound(settings["photons"]):
                note += f"; their calibration ended at its bound of {settings['photons']:g} quanta"
        stack = insert_noise(full.stack, **settings)
        return replace(full, stack=stack, source="inserted", note=note, quanta=settings["photons"])
    series, note = reduce_dose(full.projections, **settings)
    log.info("%s: %s", spec.patient, note)
    assert spec.reconstruction is not None
    stack = reconstruct(series, spec.reconstruction.model_dump(), patient=spec.patient, dose="low", axes=full.axes)
    # In the projections, where anatomy can be told from noise; in tissue of one slice it hardly can.
    noise = [own_noise(one, series.incident, settings["electronic_noise"]) for one in (full.projections, series)]
    return replace(
        full,
        stack=stack,
        source="inserted",
        note=f"{note}; {full.note}",
        quanta=float(series.incident.max(axis=1).mean()),
        dose_measured=noise[0] / noise[1],
    )


def _given(spec: Images.Spec, dose: str, path: Path) -> tuple[GivenSeries | None, list[InputError]]:
    """The images of a dose as they are given, and what was set aside; None where there are none to use."""
    if spec.kind == "dicom":
        return read_series(path, patient=spec.patient, dose=dose, allow_lossy=spec.allow_lossy)
    try:
        return read_volume(path, patient=spec.patient, dose=dose), []
    except InputError as error:
        return None, [error]


def _read(spec: Images.Spec, dose: str, folder: Path, refused: list[InputError], axes: Sequence[Path]) -> Source:
    """One dose; raises InputError where nothing of it can be used."""
    patient = spec.patient
    if spec.kind in IMAGE_KINDS:
        found, errors = _given(spec, dose, folder)
        refused.extend(numbered(errors, dose, folder))
        if found is None:
            raise InputError("", f"no usable {dose}-dose series", "one CT series", "See the rejected files.")
        note = "; ".join(found.notes) or None
        return Source(
            stack=found.stack,
            source=spec.kind,
            header=found.header,
            kernel=found.kernel,
            manufacturer=found.manufacturer,
            note=note,
            lossy=found.lossy,
            frames=found.frames,
        )
    if not folder.is_dir():
        raise InputError("", f"no folder for the {dose} dose", "a folder of DICOM-CT-PD files", "Mend the manifest.")
    errors: list[InputError] = []
    series = open_series(folder, errors)
    refused.extend(numbered(errors, dose, folder))
    found, note = None, None
    if spec.kind == "ctpd":
        found, note = axes_of(patient, series.acquisition, axes)
        log.info("%s: %s", patient, note)
    if series.first_instance > 1:
        part = f"the views before number {series.first_instance} are not there: a part of the scan"
        note = "; ".join(filter(None, (note, part)))
    assert spec.reconstruction is not None
    stack = reconstruct(series, spec.reconstruction.model_dump(), patient=patient, dose=dose, axes=found)
    kernel = str(kernel_of(spec.reconstruction.model_dump()["kernel"]))
    return Source(
        stack,
        spec.kind,
        header=Header(kernel=kernel, kv=series.acquisition.kvp, thickness=stack.slice_thickness_mm),
        kernel=kernel,
        manufacturer=known_manufacturer(series.acquisition.manufacturer),
        note=note,
        projections=series,
        axes=found,
    )


def _row(spec: Images.Spec, source: Source) -> dict[str, Any]:
    stack = source.stack
    gaps = np.diff(stack.position_mm)
    middle = noise_sd(stack, len(stack) // 2)
    fraction = spec.low_dose.fraction if spec.low_dose else None
    if stack.dose == "full":
        fraction = 1.0
    return {
        "patient": spec.patient,
        "dose": stack.dose,
        "source": source.source,
        "slices": len(stack),
        "frames": source.frames,
        "lost_share": source.lost_share,
        "rows": stack.hu.shape[1],
        "columns": stack.hu.shape[2],
        "pixel_spacing_row_mm": stack.pixel_spacing_mm[0],
        "pixel_spacing_column_mm": stack.pixel_spacing_mm[1],
        "slice_spacing_mm": float(np.median(gaps)) if len(gaps) else None,
        "slice_thickness_mm": stack.slice_thickness_mm,
        "kvp": source.header.kv,
        "kernel": source.kernel,
        "manufacturer": source.manufacturer,
        "masked_share": 1 - float(stack.valid.mean()),
        "dose_fraction": fraction,
        "dose_measured": source.dose_measured,
        "quanta": source.quanta,
        "noise_sd_hu": middle if np.isfinite(middle) else None,
        "lossy": source.lossy,
        "note": source.note,
    }


def _nothing(patient: str) -> dict[str, ImageStack]:
    return {
        dose: ImageStack(
            patient=patient,
            dose=dose,
            hu=np.zeros((0, 1, 1), np.int16),
            position_mm=np.zeros(0),
            pixel_spacing_mm=(1.0, 1.0),
            slice_thickness_mm=1.0,
            origin_mm=np.zeros((0, 3)),
        )
        for dose in ("full", "low")
    }
