"""Which metrics deserve to be believed on CT: their answers to graded degradations of full-dose slices."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ldct.data.selection import judged_slices
from ldct.metrics.build import build
from ldct.metrics.degradations import DEGRADATIONS, Slice
from ldct.metrics.judge import SliceJudge
from ldct.orientation import goodness
from ldct.tables import write_table
from ldct.tables.images import INVALID_HU, read_images
from ldct.tables.validity import VALIDITY, VALIDITY_VALUES

if TYPE_CHECKING:
    from ldct.stages.validity import Validity

log = logging.getLogger("ldct")


def ladder(
    spec: Validity.Spec,
    images: Mapping[str, Path],
    output: Path,
    weights_dir: Path,
    fitted: Mapping[str, Path] | None = None,
) -> None:
    """Degrade full-dose slices and measure: writes values.parquet and summary.parquet into the folder `output`.

    images: full-dose table of each patient. fitted: table of each metric that is fitted on training patients.

    Rung 0 is the slice itself; degraded slices are rounded to whole HU as predictions are. Noise is drawn anew
    for each rung, from a seed of patient, slice and amount.
    """
    metrics = build(spec.metrics, weights_dir, fitted)
    directions = {metric.name: metric.direction for metric in metrics}
    rows: list[dict[str, Any]] = []
    for patient in spec.patients:
        for index in judged_slices(images[patient], spec.slices_per_patient):
            stack = read_images(images[patient], [index])
            hu, valid, spacing = stack.hu[0], stack.valid[0], stack.pixel_spacing_mm
            judge = SliceJudge(metrics, spec.windows, hu, valid, spacing)
            image = Slice(stack.hu_air[0].astype(np.float64), spacing, (zlib.crc32(patient.encode()), index))
            for name, level, amount, unit, degraded in rungs(image):
                place = {"patient": patient, "slice": index, "degradation": name, "level": level}
                degraded[~valid] = INVALID_HU
                for score in judge.scores(degraded):
                    badness = turned(score.value, directions[score.metric])
                    rows.append({**place, "amount": amount, "unit": unit, **vars(score), "badness": badness})
        log.info("%s: degradations measured", patient)
    write_table(output / "values.parquet", pa.Table.from_pylist(rows, schema=VALIDITY_VALUES), VALIDITY_VALUES)
    summary = pa.Table.from_pylist(summarise(rows), schema=VALIDITY)
    write_table(output / "summary.parquet", summary, VALIDITY)


def rungs(image: Slice) -> Iterable[tuple[str, int, float, str, np.ndarray]]:
    """(degradation, level, amount, unit, int16 HU) of every rung, level 0 included."""
    limits = np.iinfo(np.int16)
    for name, degradation in DEGRADATIONS.items():
        yield name, 0, 0.0, degradation.unit, image.hu.astype(np.int16)
        for level, amount in enumerate(degradation.amounts, start=1):
            hu = np.rint(degradation.apply(image, amount))
            yield name, level, amount, degradation.unit, np.clip(hu, limits.min + 1, limits.max).astype(np.int16)


def turned(value: float | None, direction: str) -> float | None:
    """The value as badness: larger is worse; None where there is none (a ratio of 0 or less)."""
    bad = np.nan if value is None else -float(goodness(np.array(value), direction))
    return float(bad) if np.isfinite(bad) else None


def summarise(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """VALIDITY rows from VALIDITY_VALUES rows, sorted by metric, window and degradation."""
    curves: dict[tuple[str, str, str], dict[tuple[str, int], dict[int, float]]] = {}
    for row in rows:
        of_metric = curves.setdefault((row["metric"], row["window"], row["degradation"]), {})
        curve = of_metric.setdefault((row["patient"], row["slice"]), {})
        if row["badness"] is not None:
            curve[row["level"]] = row["badness"]
    return [_summary(key, curves[key]) for key in sorted(curves)]


def _summary(key: tuple[str, str, str], curves: Mapping[tuple[str, int], Mapping[int, float]]) -> dict[str, Any]:
    usable = {image: curve for image, curve in curves.items() if len(curve) > 1}
    row: dict[str, Any] = dict(zip(("metric", "window", "degradation"), key, strict=True))
    row |= {"images": len(usable), "patients": len({patient for patient, _ in usable})}
    measures = ("monotonicity", "strictly_monotone", "ties", "sensitivity", "first_step")
    row |= dict.fromkeys(measures)
    if not usable:
        return row
    ordered = [np.array([curve[level] for level in sorted(curve)]) for curve in usable.values()]
    steps = [np.diff(values) for values in ordered]
    row["monotonicity"] = float(np.mean([tau_b(values) for values in ordered]))
    row["strictly_monotone"] = float(np.mean([np.all(step > 0) for step in steps]))
    row["ties"] = float(np.mean(np.concatenate(steps) == 0))
    complete = [curve for curve in usable.values() if {1, max(curve)} <= set(curve) and max(curve) > 1]
    if complete:
        weakest = np.array([curve[1] for curve in complete])
        rise = float(np.mean([curve[max(curve)] for curve in complete]) - weakest.mean())
        levels = sorted(set.intersection(*(set(curve) for curve in complete)) - {0})
        spread = 0.0
        if len(complete) > 1:
            spread = float(np.sqrt(np.mean([np.var([c[level] for c in complete], ddof=1) for level in levels])))
        row["sensitivity"] = rise / spread if spread > 0 else None
        start = [curve[0] for curve in complete if 0 in curve]
        if len(start) == len(complete):
            first = float(weakest.mean() - np.mean(start))
            row["first_step"] = first / (first + rise) if first + rise != 0 else None
    return row


def tau_b(values: np.ndarray) -> float:
    """Kendall's tau-b between the order of `values` and their size; 0 where all are equal."""
    upper = np.triu_indices(len(values), 1)
    signs = np.sign(values[upper[1]] - values[upper[0]])
    untied = np.count_nonzero(signs)
    return float(signs.sum() / np.sqrt(untied * len(signs))) if untied else 0.0
