"""Regions around lesions in the images of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ldct.errors import InputError
from ldct.inference.predict import denoise_slice, load_network
from ldct.lesions.cutting import cut_regions, write_regions
from ldct.tables import read_table
from ldct.tables.images import INVALID_HU, ImageStack, read_images, unpack
from ldct.tables.predictions import predictions_schema
from ldct.tables.schema import image_shape
from ldct.training.files import checkpoint_path
from ldct.training.precision import choose_arithmetic, make_deterministic

if TYPE_CHECKING:
    from ldct.stages.regions import Regions


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

            rows += cut_regions(lesions[patient]["lesions"], spec.region_mm, stack, present, absent, common)
    write_regions(rows, output)


def _predicted(path: Path, patient: str, index: int) -> np.ndarray:
    wanted = [("patient", "==", patient), ("slice", "==", index), ("selected", "==", True)]
    table = read_table(path, predictions_schema((1, 1)), wanted)
    if table.num_rows != 1:
        raise InputError(
            path, f"{table.num_rows} selected predictions of slice {index}", "one", "Delete it, run again."
        )
    return unpack(table["hu"], image_shape(table.schema.field("hu")))[0]
