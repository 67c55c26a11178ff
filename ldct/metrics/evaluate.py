"""The metrics of a run's predictions, and of the low- and full-dose images themselves."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ldct.data.selection import evenly_spaced
from ldct.errors import InputError
from ldct.intensity import Window
from ldct.metrics.base import view
from ldct.metrics.build import build
from ldct.metrics.filters import FILTERS
from ldct.metrics.judge import Score, SliceJudge
from ldct.metrics.parts import Parts
from ldct.tables import damaged_set_aside, read_table, write_table
from ldct.tables.images import INVALID_HU, ImageStack, images_schema, read_images, unpack
from ldct.tables.metrics import METRICS
from ldct.tables.predictions import predictions_schema
from ldct.tables.schema import image_shape

# Predictions of so many bytes are held at once.
CHUNK_BYTES = 256 << 20
INTERVAL_S = 5.0

log = logging.getLogger("ldct")


def evaluate_run(
    spec: Mapping[str, Any],
    predictions: Path,
    images: Mapping[str, Mapping[str, Path]],
    output: Path,
    weights_dir: Path,
    fitted: Mapping[str, Path] | None = None,
    code: str = "",
) -> None:
    """Write METRICS rows for every predicted slice and checkpoint of one run.

    spec: metrics (names), windows {name: {center, width}}, patients, slices_per_patient, fold, model, loss, seed.
    images: patient -> {"full": table, "low": table}. fitted: table of each metric that is fitted in the fold. code:
    digest of the metrics' code; what a killed job has judged of whole patients is used again where all of this is the
    same. Metrics whose weights are absent are left out; a metric without
    a value on an image leaves a row with the reason. Raises InputError for unreadable tables and for predictions of a
    slice that has no full-dose image; a damaged table of predictions is moved aside first.
    """
    with damaged_set_aside(predictions):
        common = {
            "dose": "low",
            "model": spec["model"],
            "loss": spec["loss"],
            "fold": spec["fold"],
            "seed": spec["seed"],
        }
        rows = Rows(common)
        keys = read_table(predictions, _without_image(predictions_schema((1, 1)))).to_pylist()
        inputs = [
            predictions,
            *(path for patient in images.values() for path in patient.values()),
            *(fitted or {}).values(),
        ]
        parts = Parts(output, {"spec": spec, "code": code}, inputs)
        judges: Judges | None = None
        for patient in spec["patients"]:
            if (done := parts.read(patient)) is not None:
                log.info("%s (%s, %s): judged before", patient, spec["model"], spec["loss"])
                rows.rows += done
                continue
            judges = judges or Judges(spec, images, weights_dir, fitted)
            slices = sorted({key["slice"] for key in keys if key["patient"] == patient})
            progress = Progress(f"{patient} ({spec['model']}, {spec['loss']})", len(slices))
            own = Rows(common)
            for index, group in _predicted(predictions, patient, slices, len(keys)):
                judge, reference = judges.of(patient, index)
                for checkpoint, selected, hu in group:
                    cut = hu[: reference.hu.shape[1], : reference.hu.shape[2]]
                    own.add(patient, index, checkpoint, selected, judge.scores(cut))
                progress.step()
            parts.write(patient, own.rows)
            rows.rows += own.rows
        rows.write(output)
        parts.clear()


def evaluate_anchors(
    spec: Mapping[str, Any],
    images: Mapping[str, Mapping[str, Path]],
    output: Path,
    weights_dir: Path,
    fitted: Mapping[str, Path] | None = None,
) -> None:
    """Write METRICS rows of the anchors 'low_dose' and 'full_dose' on the slices that are denoised, too.

    spec and images as for `evaluate_run`, without model, loss and seed; spec["filters"] (names of
    `ldct.metrics.filters`) adds the filtered low-dose images as anchors. Metrics with a reference compare each with the
    full dose, so 'full_dose' shows what identical images get.
    """
    common = {"model": "anchor", "fold": spec["fold"], "seed": 0}
    rows = Rows(common)
    judges = Judges(spec, images, weights_dir, fitted)
    for patient in spec["patients"]:
        indices = read_table(images[patient]["low"], _without_image(images_schema((1, 1))))["slice"].to_pylist()
        slices = evenly_spaced(indices, spec["slices_per_patient"])
        progress = Progress(f"{patient} (low and full dose)", len(slices))
        for index in slices:
            judge, reference = judges.of(patient, index)
            low = read_images(images[patient]["low"], [index])
            rows.add(patient, index, 0, True, judge.scores(low.hu[0]), dose="low", loss="low_dose")
            rows.add(patient, index, 0, True, judge.scores(reference.hu[0]), dose="full", loss="full_dose")
            for name in spec.get("filters", ()):
                seen = view(low.hu[0], judge.valid, low.pixel_spacing_mm)
                hu = np.where(judge.valid, np.rint(FILTERS[name](seen)), INVALID_HU).astype(np.int16)
                rows.add(patient, index, 0, True, judge.scores(hu), dose="low", loss=name)
            progress.step()
    rows.write(output)


class Judges:
    """The configured metrics, prepared for one slice after another."""

    def __init__(
        self,
        spec: Mapping[str, Any],
        images: Mapping[str, Mapping[str, Path]],
        weights_dir: Path,
        fitted: Mapping[str, Path] | None = None,
    ):
        self.images = images
        self.metrics = build(spec["metrics"], weights_dir, fitted)
        self.windows = {name: Window(window["center"], window["width"]) for name, window in spec["windows"].items()}

    def of(self, patient: str, index: int) -> tuple[SliceJudge, ImageStack]:
        """Metrics prepared for the patient's slice `index`, and the full-dose slice as a stack of one."""
        full, low = (read_images(self.images[patient][dose], [index]) for dose in ("full", "low"))
        if len(full) != 1 or len(low) != 1 or full.hu.shape != low.hu.shape:
            raise InputError(
                self.images[patient]["full"],
                f"slice {index} with shape {full.hu.shape} at full dose and {low.hu.shape} at low dose",
                "each slice once at both doses, with the same pixels",
                "Delete both image tables and run again.",
            )
        valid = full.valid[0] & low.valid[0]
        return SliceJudge(self.metrics, self.windows, full.hu[0], valid, full.pixel_spacing_mm), full


class Rows:
    """METRICS rows as they come."""

    def __init__(self, common: Mapping[str, Any]):
        self.common = common
        self.rows: list[dict[str, Any]] = []

    def add(self, patient: str, index: int, checkpoint: int, selected: bool, scores: list[Score], **more: str) -> None:
        image = {"patient": patient, "slice": index, "checkpoint": checkpoint, "selected": selected}
        self.rows += [{**self.common, **image, **more, **vars(score)} for score in scores]

    def write(self, output: Path) -> None:
        without = sum(row["value"] is None for row in self.rows)
        log.info("%d values, %d without a value", len(self.rows) - without, without)
        write_table(output, pa.Table.from_pylist(self.rows, schema=METRICS), METRICS)


class Progress:
    """A log line every few seconds."""

    def __init__(self, what: str, total: int):
        self.what, self.total, self.done, self.told = what, total, 0, time.monotonic()

    def step(self) -> None:
        self.done += 1
        if time.monotonic() - self.told > INTERVAL_S or self.done == self.total:
            log.info("%s: %d of %d slices judged", self.what, self.done, self.total)
            self.told = time.monotonic()


def _without_image(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field for field in schema if field.name != "hu"])


def _predicted(
    path: Path, patient: str, slices: list[int], rows_in_table: int
) -> Iterator[tuple[int, list[tuple[int, bool, np.ndarray]]]]:
    """(slice, [(checkpoint, selected, hu)]) of a patient, a bounded number of slices in memory."""
    if not slices:
        return
    per_slice = max(1, -(-rows_in_table // len(slices)))
    rows, columns = _shape(path)
    count = max(1, CHUNK_BYTES // (2 * rows * columns * per_slice))
    for start in range(0, len(slices), count):
        chunk = slices[start : start + count]
        filters = [("patient", "==", patient), ("slice", "in", chunk)]
        table = read_table(path, predictions_schema((1, 1)), filters)
        hu = unpack(table["hu"], (rows, columns))
        keys = zip(
            table["slice"].to_pylist(), table["checkpoint"].to_pylist(), table["selected"].to_pylist(), strict=True
        )
        groups: dict[int, list[tuple[int, bool, np.ndarray]]] = {index: [] for index in chunk}
        for (index, checkpoint, selected), image in zip(keys, hu, strict=True):
            groups[index].append((checkpoint, selected, image))
        yield from groups.items()


def _shape(path: Path) -> tuple[int, int]:
    nothing = read_table(path, predictions_schema((1, 1)), [("slice", "<", -1)])
    return image_shape(nothing.schema.field("hu"))
