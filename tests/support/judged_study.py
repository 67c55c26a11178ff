"""Images and predictions of two patients, as tables, and what the stage of metrics makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from ldct.metrics.evaluate import evaluate
from ldct.stages.evaluate import Evaluate
from ldct.stages.keys import Run
from ldct.tables import read_table, write_table
from ldct.tables.images import INVALID_HU, ImageStack, pack, write_images
from ldct.tables.metrics import METRICS
from ldct.tables.predictions import predictions_schema

SIZE = 200
METRICS_USED = ["rmse", "psnr", "ssim", "niqe_skvideo", "hu_bias"]
SPEC = {
    "metrics": METRICS_USED,
    "windows": {"full": {"center": 0, "width": 2048}, "soft_tissue": {"center": 40, "width": 400}},
    "patients": ["a", "b"],
    "slices_per_patient": 2,
    "fold": 1,
    "filters": [],
    "shard": 0,
    "shards": 1,
}
RUN = Run("redcnn", "mse", fold=1, seed=3)
CHECKPOINTS = ((2, False), (4, True))


class JudgedStudy:
    """Images and predictions of patients a (200 x 200 pixels) and b (200 x 180)."""

    def __init__(self, folder: Path, ct: np.ndarray):
        self.folder = folder
        rng = np.random.default_rng(0)
        self.full, self.low, self.images = {}, {}, {}
        rows: list[tuple] = []
        for patient, columns in (("a", SIZE), ("b", 180)):
            full = np.stack([np.roll(ct, 5 * k, 0)[:SIZE, :columns] for k in range(3)]).astype(np.int16)
            full[:, :4, :] = INVALID_HU
            low = np.where(full == INVALID_HU, full, full + rng.normal(0, 30, full.shape)).astype(np.int16)
            self.full[patient], self.low[patient] = full, low
            self.images[patient] = {}
            for dose, hu in (("full", full), ("low", low)):
                self.images[patient][dose] = folder / patient / f"{dose}.parquet"
                write_images(self.images[patient][dose], stack(patient, dose, hu))
            for index in (0, 2):
                for checkpoint, selected in CHECKPOINTS:
                    hu = np.full((SIZE, SIZE), INVALID_HU)
                    hu[:, :columns] = np.where(full[index] == INVALID_HU, INVALID_HU, low[index] - checkpoint)
                    rows.append((patient, index, checkpoint, selected, hu))
        self.predictions = folder / "predictions.parquet"
        self.write_predictions(rows)
        self.rows = rows

    def write_predictions(self, rows: list[tuple]) -> None:
        schema = predictions_schema((SIZE, SIZE))
        columns = [list(c) for c in zip(*rows, strict=True)] if rows else [[]] * 5
        arrays = [pa.array(c, f.type) for c, f in zip(columns[:4], schema, strict=False)]
        hu = np.stack(columns[4]) if rows else np.zeros((0, SIZE, SIZE), np.int16)
        write_table(self.predictions, pa.Table.from_arrays([*arrays, pack(hu)], schema=schema), schema)

    def run(self, weights: Path | None = None, more: Mapping[Run, Path] | None = None, **changes) -> list[dict]:
        """Rows of the run and, after it, of `more` runs; anchors are left to `anchors`."""
        return [row for row in self.judge(weights, more, **changes) if row["model"] != "anchor"]

    def anchors(self, **changes) -> list[dict]:
        return [row for row in self.judge(**changes) if row["model"] == "anchor"]

    def judge(self, weights: Path | None = None, more: Mapping[Run, Path] | None = None, **changes) -> list[dict]:
        spec = {"code": ["1"] * len(changes.get("metrics", METRICS_USED)), **SPEC, **changes}
        runs = {RUN: self.predictions, **(more or {})}
        kept = self.folder / "kept.parquet"
        if not isinstance(spec["filters"], dict):
            spec["filters"] = dict.fromkeys(spec["filters"], "1")
        evaluate(Evaluate.Spec(**spec), runs, self.images, self.folder / "run.parquet", kept, weights or self.folder)
        return read_table(self.folder / "run.parquet", METRICS).to_pylist()

    def another(self, offset: int, **run) -> dict[Run, Path]:
        """A second run, whose predictions are those of the first plus `offset` HU."""
        first = self.predictions
        self.predictions = self.folder / f"another{offset}.parquet"
        moved = [(*row[:4], np.where(row[4] == INVALID_HU, INVALID_HU, row[4] + offset)) for row in self.rows]
        self.write_predictions(moved)
        made = {replace(RUN, **run): self.predictions}
        self.predictions = first
        return made


def stack(patient: str, dose: str, hu: np.ndarray) -> ImageStack:
    n = len(hu)
    return ImageStack(
        patient=patient,
        dose=dose,
        hu=hu,
        position_mm=np.arange(n, dtype=float),
        pixel_spacing_mm=(0.7, 0.7),
        slice_thickness_mm=1.0,
        origin_mm=np.zeros((n, 3)),
    )


def values(rows: list[dict], **wanted) -> list[float | None]:
    return [row["value"] for row in rows if all(row[key] == value for key, value in wanted.items())]
