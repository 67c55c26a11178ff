"""Denoised test images as DICOM series that other software can read."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ldct import __version__
from ldct.anchors import IMAGES
from ldct.dicom.write import Derived, instance_uid, write_series
from ldct.errors import InputError
from ldct.files import atomic_folder
from ldct.tables import read_table
from ldct.tables.cohort import SERIES
from ldct.tables.images import ImageStack, read_images, unpack
from ldct.tables.predictions import predictions_schema
from ldct.tables.schema import image_shape

if TYPE_CHECKING:
    from ldct.stages.dicom import Dicom
    from ldct.stages.dicom_source import DicomSource

log = logging.getLogger("ldct")


def export_run(
    spec: Dicom.Spec,
    predictions: Path,
    run: Path,
    images: Mapping[str, Path],
    series: Sequence[Path],
    output: Path,
) -> None:
    """Write the selected checkpoint's images of each test patient to `output`/{patient}/*.dcm.

    run: folder with run.json and weights.safetensors; images: low-dose image table of each patient; series: SERIES
    tables. UIDs follow from key, patient, run and slice, and the source images named are those of `export_source`. HU
    are those of the predictions, exactly. A failed run gives an empty folder. Raises InputError for tables that cannot
    be read.
    """
    outcome = json.loads((run / "run.json").read_text(encoding="utf-8"))
    weights = hashlib.sha256((run / "weights.safetensors").read_bytes()).hexdigest()
    known = _series(series)
    with atomic_folder(output) as folder:
        if outcome["status"] != "completed":
            log.warning("no DICOM: the training failed (%s)", outcome["reason"])
            return
        text = (
            f"Denoised with ldct {__version__}: network {spec.model}, training loss {spec.loss}, fold "
            f"{spec.fold}, seed {spec.seed}, epoch {outcome['selected']}, weights SHA-256 {weights}"
        )
        name = f"{spec.model}/{spec.loss}/fold{spec.fold}/seed{spec.seed}"
        for patient in spec.patients:
            stack = _denoised(predictions, patient, images[patient])
            if not len(stack):
                continue
            source = known[patient, "low"]
            key = spec.key.encode()
            derived = Derived(
                series=name,
                number=100 + int(hashlib.sha256(name.encode()).hexdigest(), 16) % 9900,
                equipment=spec.model,
                version=__version__,
                sources=[instance_uid(key, patient, "low", int(index)) for index in stack.index],
                lossy=bool(source["lossy"]),
            )
            label = f"{spec.model} {spec.loss}"
            write_series(
                replace(stack, dose=spec.loss),
                folder / patient,
                key=key,
                description=label[:64],
                derivation=text,
                kvp=source["kvp"],
                kernel=source["kernel"],
                derived=derived,
            )
            log.info("%s: %d slices as DICOM", patient, len(stack))


def export_source(
    spec: DicomSource.Spec, images: Mapping[str, Mapping[str, Path]], series: Sequence[Path], output: Path
) -> None:
    """Write the study's own images, low_dose or full_dose, as `export_run` does those of a run."""
    known, dose = _series(series), IMAGES[spec.source].dose
    with atomic_folder(output) as folder:
        for patient in spec.patients:
            stack = read_images(images[patient][dose])
            if not len(stack):
                continue
            source = known[patient, dose]
            inserted = source["source"] == "inserted"
            how = f"noise inserted for a dose of {source['dose_fraction']:g}" if inserted else "as read"
            write_series(
                stack,
                folder / patient,
                key=spec.key.encode(),
                description=spec.source.replace("_", " "),
                derivation=f"De-identified with ldct {__version__}, {how}",
                kvp=source["kvp"],
                kernel=source["kernel"],
                derived=Derived(version=__version__, lossy=bool(source["lossy"])),
            )
            log.info("%s: %d slices as DICOM", patient, len(stack))


def _denoised(predictions: Path, patient: str, images: Path) -> ImageStack:
    """The low-dose stack's geometry with the selected predictions as pixels."""
    try:
        shape = image_shape(pq.read_schema(predictions).field("hu"))
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        redo = "Delete the file and run the same command again; the workflow makes it anew."
        raise InputError(predictions, f"no readable predictions ({error})", "a prediction table", redo) from None
    wanted = [("patient", "==", patient), ("selected", "==", True)]
    rows = read_table(predictions, predictions_schema(shape), wanted).sort_by("slice")
    slices = rows["slice"].to_pylist()
    stack = read_images(images, slices)
    height, width = stack.hu.shape[1:]
    hu = unpack(rows["hu"], shape)[:, :height, :width]
    return replace(stack, hu=np.ascontiguousarray(hu))


def _series(tables: Sequence[Path]) -> dict[tuple[str, str], dict[str, Any]]:
    rows = [row for path in tables for row in read_table(path, SERIES).to_pylist()]
    return {(row["patient"], row["dose"]): row for row in rows}
