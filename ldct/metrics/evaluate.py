"""The metrics of all runs of a fold, and of the low- and full-dose images themselves, on a share of its slices."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ldct.data.selection import judged_slices
from ldct.metrics.judge import SliceJudge
from ldct.metrics.kept import Kept
from ldct.metrics.predicted import Predictions
from ldct.metrics.slices import Progress, share
from ldct.metrics.subjects import Reference, Subject, anchors, denoised
from ldct.metrics.suite import Suite
from ldct.tables import write_table
from ldct.tables.metrics import JUDGED, METRICS

if TYPE_CHECKING:
    from ldct.stages.evaluate import Evaluate
    from ldct.stages.keys import Run

log = logging.getLogger("ldct")


def evaluate(
    spec: Evaluate.Spec,
    runs: Mapping[Run, Path],
    images: Mapping[str, Mapping[str, Path]],
    output: Path,
    kept_path: Path,
    weights_dir: Path,
    fitted: Mapping[str, Path] | None = None,
) -> None:
    """Write METRICS rows of every image of each slice: both doses, filtered low dose, every run and checkpoint.

    runs: prediction table of each. images: patient -> {"full": table, "low": table}. fitted: table of each metric that
    is fitted in the fold. kept_path: table of what was judged before; values of the same images and metrics are taken
    from it, and it is brought up to date.

    A slice's reference is prepared once for all images. Metrics whose weights are absent are left out; a metric
    without a value on an image leaves a row with the reason. Raises InputError for unreadable tables (a damaged table
    of predictions is moved aside first) and for a slice that lacks a dose or a prediction.
    """
    suite = Suite(spec.metrics, spec.code, spec.windows, weights_dir, fitted)
    kept, predictions = Kept(kept_path), Predictions(runs)
    tables, judged = [JUDGED.empty_table()], 0
    for patient in spec.patients:
        slices = judged_slices(images[patient]["low"], spec.slices_per_patient)
        slices = share(slices, patient, spec.shard, spec.shards)
        progress = Progress(patient, len(slices))
        for index, predicted in predictions.of(patient, slices):
            reference = Reference.read(images[patient], index)
            subjects = [*anchors(reference, spec.filters), *denoised(reference, predicted)]
            place = {"patient": patient, "slice": index, "fold": spec.fold}
            rows, new = judge(suite, reference, subjects, kept.of(patient, index), place)
            tables.append(pa.Table.from_pylist(rows, schema=JUDGED))
            if new:
                kept.add(patient, index, tables[-1])
            judged += new
            progress.step()
    whole = pa.concat_tables(tables)
    kept.replace(whole)
    write_table(output, whole, METRICS)
    log.info(
        "%d values of %d runs, %d without a value; %d judged now, the others before",
        len(whole), len(runs), whole["value"].null_count, judged,
    )  # fmt: skip


def judge(
    suite: Suite,
    reference: Reference,
    subjects: Sequence[Subject],
    known: Mapping[tuple[str, str], tuple[float | None, str | None]],
    place: Mapping[str, Any],
) -> tuple[list[dict[str, Any]], int]:
    """JUDGED rows of the images of one slice, and how many of them were not `known`."""
    slice_judge = SliceJudge(suite.metrics, suite.windows, reference.full, reference.valid, reference.spacing_mm)
    rows: list[dict[str, Any]] = []
    new = 0
    for subject in subjects:
        keys = [(subject.digest, made) for made in suite.made_by.values()]
        found = {k: known[key] for k, key in enumerate(keys) if key in known}
        lacking = [k for k in range(len(keys)) if k not in found]
        if lacking:
            scores = slice_judge.scores(subject.hu(), lacking)
            found |= {k: (score.value, score.reason) for k, score in zip(lacking, scores, strict=True)}
            new += len(lacking)
        for k, ((metric, window), made) in enumerate(suite.made_by.items()):
            score = {"metric": metric, "window": window, "value": found[k][0], "reason": found[k][1]}
            rows.append({**place, **subject.row, **score, "images": subject.digest, "made_by": made})
    return rows, new
