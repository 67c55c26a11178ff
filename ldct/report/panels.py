"""Which slices the report shows, and their pictures."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ldct.data.selection import judged_slices
from ldct.intensity import WINDOWS, Window
from ldct.report.render import body_box, grey, webp
from ldct.tables import read_table, write_table
from ldct.tables.images import AIR_HU, INVALID_HU, read_images, unpack
from ldct.tables.panels import PANELS
from ldct.tables.predictions import predictions_schema
from ldct.tables.schema import image_shape

if TYPE_CHECKING:
    from ldct.stages.keys import Run
    from ldct.stages.panels import Panels

log = logging.getLogger("ldct")
DIFFERENCE = Window(0.0, 200.0)


def build_panels(
    spec: Panels.Spec,
    images: Mapping[str, Mapping[str, Path]],
    predictions: Mapping[Run, Path],
    output: Path,
) -> None:
    """Write PANELS rows: low dose, every loss, full dose, each in every window and as difference to full dose.

    images: patient -> dose -> path. The first seed and the selected checkpoint are shown. The slice is the middle one
    of the test slices.
    """
    views: dict[str, Window] = {name: WINDOWS[name] for name in spec.panel_windows}
    rows: list[dict[str, Any]] = []
    for patient, region in _choose(spec, images):
        stack = images[patient]
        tested = judged_slices(stack["low"], spec.slices_per_patient)
        index = int(tested[len(tested) // 2])
        full, low = (read_images(stack[dose], [index]).hu_air[0].astype(np.float32) for dose in ("full", "low"))
        shown = [("anchor", "low_dose", 0, 0, low)]
        shown += _predicted(spec, predictions, patient, index, full.shape)
        shown.append(("anchor", "full_dose", 0, 0, full))
        box = body_box(full)
        for model, loss, seed, checkpoint, hu in shown:
            common = {"patient": patient, "region": region, "slice": index, "model": model, "loss": loss}
            common |= {"seed": seed, "checkpoint": checkpoint, "rmse_hu": float(np.sqrt(np.mean((hu - full) ** 2)))}
            for view, window in [*views.items(), ("difference", DIFFERENCE)]:
                pixels = grey((hu - full if view == "difference" else hu)[box], window)
                rows.append(
                    {**common, "view": view, "low_hu": window.low, "high_hu": window.high, "image": webp(pixels)}
                )
        log.info("panels: %s, slice %d, %d images", patient, index, len(shown))
    write_table(output, pa.Table.from_pylist(rows, PANELS), PANELS, row_group_size=64)


def _choose(spec: Panels.Spec, images: Mapping[str, Mapping[str, Path]]) -> list[tuple[str, str]]:
    """Patients with slices, regions in turn, in manifest order."""
    waiting: dict[str, list[str]] = {}
    for entry in spec.patients:
        if judged_slices(images[entry.patient]["low"], None):
            waiting.setdefault(entry.region, []).append(entry.patient)
    chosen: list[tuple[str, str]] = []
    while any(waiting.values()) and len(chosen) < spec.panel_patients:
        for region, patients in waiting.items():
            if patients and len(chosen) < spec.panel_patients:
                chosen.append((patients.pop(0), region))
    return chosen


def _predicted(
    spec: Panels.Spec, predictions: Mapping[Run, Path], patient: str, index: int, shape: tuple[int, ...]
) -> list[tuple[str, str, int, int, np.ndarray]]:
    """(model, loss, seed, checkpoint, HU) of each network and loss that has this slice."""
    found = []
    for model in spec.models:
        for loss in spec.losses:
            runs = [run for run in predictions if (run.model, run.loss) == (model, loss)]
            for run in sorted(runs, key=lambda item: item.seed):
                wanted = [("patient", "==", patient), ("slice", "==", index), ("selected", "==", True)]
                table = read_table(predictions[run], predictions_schema((1, 1)), wanted)
                if table.num_rows:
                    hu = unpack(table["hu"], image_shape(table.schema.field("hu")))[0][: shape[0], : shape[1]]
                    hu = np.where(hu == INVALID_HU, AIR_HU, hu).astype(np.float32)
                    found.append((model, loss, run.seed, table["checkpoint"][0].as_py(), hu))
                    break
    return found
