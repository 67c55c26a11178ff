"""Regions around lesions in the images of a run, or in the low- and full-dose images themselves."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import torch

from ldct.errors import InputError
from ldct.inference.predict import denoise_slice, load_network
from ldct.lesions.crop import crop_hu, half_sizes
from ldct.tables import read_table, write_table
from ldct.tables.images import INVALID_HU, ImageStack, read_images, unpack
from ldct.tables.lesions import LESIONS, NONE, REAL, REGIONS
from ldct.tables.predictions import predictions_schema
from ldct.tables.schema import image_shape
from ldct.training.files import checkpoint_path
from ldct.training.precision import choose_arithmetic, make_deterministic

if TYPE_CHECKING:
    from ldct.stages.lesion_anchors import LesionAnchors
    from ldct.stages.regions import Regions

log = logging.getLogger("ldct")
# HU (rows, columns) of the slice of this index.
Slices = Callable[[int], np.ndarray]


def run_regions(
    spec: Regions.Spec, run: Path, predictions: Path, lesions: Mapping[str, Mapping[str, Path]], output: Path
) -> None:
    """Write REGIONS rows of one run at its selected epoch: with lesions, denoised here, and without, as predicted.

    lesions: patient -> its tables 'lesions', 'full' and 'low'. A failed run gives an empty table. Raises InputError for
    weights or tables that do not fit.
    """
    outcome = json.loads((run / "run.json").read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = []
    if outcome["status"] == "completed":
        arithmetic = choose_arithmetic("float32", spec.device)
        make_deterministic(0)
        torch.backends.cudnn.allow_tf32 = False
        network = load_network(spec.network, checkpoint_path(run, outcome["selected"]))
        arithmetic.move(network)
        common = {"model": spec.model, "loss": spec.loss, "fold": spec.fold, "seed": spec.seed}
        common |= {"dose": "low", "checkpoint": outcome["selected"]}
        for patient in spec.patients:
            stack = read_images(lesions[patient]["low"])

            def present(index: int, stack: ImageStack = stack) -> np.ndarray:
                number = list(stack.index).index(index)
                hu = denoise_slice(network, stack.hu_air[number], arithmetic)
                return np.where(stack.valid[number], hu, INVALID_HU)

            def absent(index: int, patient: str = patient) -> np.ndarray:
                return _predicted(predictions, patient, index)

            rows += _regions(lesions[patient]["lesions"], spec.region_mm, stack, present, absent, common)
    _write(rows, output)


def anchor_regions(
    spec: LesionAnchors.Spec,
    images: Mapping[str, Mapping[str, Path]],
    lesions: Mapping[str, Mapping[str, Path]],
    output: Path,
) -> None:
    """Write REGIONS rows of the low- and full-dose images; `images` and `lesions`: patient -> its tables."""
    rows: list[dict[str, Any]] = []
    for patient in spec.patients:
        for dose in ("low", "full"):
            stack = read_images(lesions[patient][dose])
            whole = read_images(images[patient][dose], stack.index.tolist())
            common = {"model": "anchor", "loss": f"{dose}_dose", "fold": spec.fold, "seed": 0}
            common |= {"dose": dose, "checkpoint": 0}
            rows += _regions(lesions[patient]["lesions"], spec.region_mm, stack, _of(stack), _of(whole), common)
    _write(rows, output)


def _of(stack: ImageStack) -> Slices:
    at = {int(index): number for number, index in enumerate(stack.index)}
    return lambda index: stack.hu[at[index]]


def _regions(
    table: Path, region_mm: float, stack: ImageStack, present: Slices, absent: Slices, common: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Rows of one patient in one kind of image: inserted lesions with and without, real ones with, others without."""
    places = read_table(table, LESIONS).to_pylist()
    wanted = {True: {p["slice"] for p in places if p["kind"] != NONE}}
    wanted[False] = {p["slice"] for p in places if p["kind"] != REAL}
    slices = {(True, i): present(i) for i in sorted(wanted[True])} | {
        (False, i): absent(i) for i in sorted(wanted[False])
    }
    rows = []
    for place in places:
        half = half_sizes(place, stack.pixel_spacing_mm, region_mm)
        for with_lesion in (True, False):
            if place["kind"] == (NONE if with_lesion else REAL):
                continue
            hu = crop_hu(slices[with_lesion, place["slice"]], place, half)
            rows.append(
                {
                    **common,
                    "patient": place["patient"],
                    "lesion": place["lesion"],
                    "present": with_lesion,
                    "rows": hu.shape[0],
                    "columns": hu.shape[1],
                    "spacing_row_mm": stack.pixel_spacing_mm[0],
                    "spacing_column_mm": stack.pixel_spacing_mm[1],
                    "hu": np.ascontiguousarray(hu, "<i2").tobytes(),
                }
            )
    return rows


def _predicted(path: Path, patient: str, index: int) -> np.ndarray:
    wanted = [("patient", "==", patient), ("slice", "==", index), ("selected", "==", True)]
    table = read_table(path, predictions_schema((1, 1)), wanted)
    if table.num_rows != 1:
        raise InputError(
            path, f"{table.num_rows} selected predictions of slice {index}", "one", "Delete it, run again."
        )
    return unpack(table["hu"], image_shape(table.schema.field("hu")))[0]


def _write(rows: list[dict[str, Any]], output: Path) -> None:
    log.info("%d regions", len(rows))
    write_table(output, pa.Table.from_pylist(rows, REGIONS), REGIONS)
