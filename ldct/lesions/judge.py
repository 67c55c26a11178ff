"""How visible the lesions of one fold's patients are in the images of every run."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ldct.lesions.crop import region_hu
from ldct.lesions.declared import AUC, DPRIME, MATCHED_FILTER, MEASURES, observer, of_patients
from ldct.lesions.observe import Region, detect_cho, detect_npw
from ldct.lesions.visible import Lesion, parts_of
from ldct.tables import read_table, write_table
from ldct.tables.lesions import BALL, LESIONS, NONE, REAL, REGIONS, VALUES
from ldct.tables.metrics import METRICS, WHOLE_PATIENT

if TYPE_CHECKING:
    from ldct.stages.observe import Observe

log = logging.getLogger("ldct")
RUN = ("dose", "model", "loss", "fold", "seed", "checkpoint")
NO_VALUE = (
    "no inserted lesion has a value: none fitted in, too few pixels, or too few places without one for the channels"
)


def judge_fold(
    spec: Observe.Spec, lesions: Sequence[Path], anchors: Path, regions: Sequence[Path], output: Path
) -> None:
    """Write output/values.parquet (VALUES, a row a lesion) and output/metrics.parquet (METRICS, a row a patient).

    lesions: LESIONS tables of the fold's patients; anchors and regions: REGIONS tables of the low- and full-dose
    images, and of the runs. Contrast recovery and texture are relative to the same lesion at full dose. Raises
    InputError for a table that cannot be read.
    """
    places = {(row["patient"], row["lesion"]): row for path in lesions for row in read_table(path, LESIONS).to_pylist()}
    full = {r.key: r for key, run in _runs([anchors], places) if key["loss"] == "full_dose" for r in run}
    values: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for key, run in _runs([anchors, *regions], places):
        found = list(_values(spec, run, full))
        values += [{**key, **row} for row in found]
        rows += _of_patients(spec, key, sorted({patient for patient, _ in places}), found)
        log.info("lesions: %s, %s, seed %d: %d values", key["model"], key["loss"], key["seed"], len(found))
    write_table(output / "values.parquet", pa.Table.from_pylist(values, VALUES), VALUES)
    write_table(output / "metrics.parquet", pa.Table.from_pylist(rows, METRICS), METRICS)


def _runs(
    paths: Sequence[Path], places: Mapping[tuple[str, int], Mapping[str, Any]]
) -> Iterator[tuple[dict[str, Any], list[Region]]]:
    """(RUN columns, regions) of every run in tables of REGIONS."""
    for path in paths:
        runs: dict[tuple, dict[tuple[str, int], dict[bool, dict[str, Any]]]] = {}
        for row in read_table(path, REGIONS).to_pylist():
            own = runs.setdefault(tuple(row[name] for name in RUN), {})
            own.setdefault((row["patient"], row["lesion"]), {})[row["present"]] = row
        for key, found in runs.items():
            yield dict(zip(RUN, key, strict=True)), [_region(places[name], pair) for name, pair in found.items()]


def _region(place: Mapping[str, Any], pair: Mapping[bool, Mapping[str, Any]]) -> Region:
    either = next(iter(pair.values()))
    images = {present: region_hu(row).astype(np.float32) for present, row in pair.items()}
    return Region(place, (either["spacing_row_mm"], either["spacing_column_mm"]), images.get(True), images.get(False))


def _values(spec: Observe.Spec, run: list[Region], full: Mapping[tuple[str, int], Region]) -> Iterator[dict[str, Any]]:
    """VALUES rows of one run, without its key."""
    signals = {k: r.present - r.absent for k, r in full.items() if r.present is not None and r.absent is not None}
    detected = {observer(name): detect_cho(name, run, spec.internal_noise) for name in spec.channels}
    detected[MATCHED_FILTER] = detect_npw(run, signals)
    for region in run:
        if region.place["kind"] == NONE or region.present is None:
            continue
        names = ("patient", "lesion", "kind", "tissue", "diameter_mm", "contrast_hu")
        place = {name: region.place[name] for name in names}
        for metric, value in _visible(region, full[region.key]).items():
            yield {**place, "metric": metric, "value": value}
        if region.place["kind"] == REAL:
            continue
        for name, found in detected.items():
            one = found.get(region.key)
            yield {**place, "metric": f"lesion_{name}{DPRIME}", "value": _finite(one.dprime) if one else None}
            yield {**place, "metric": f"lesion_{name}{AUC}", "value": _finite(one.auc) if one else None}


def _visible(region: Region, full: Region) -> dict[str, float | None]:
    """The declared measures of a lesion that is present."""
    if region.present is None or full.present is None:
        return {}
    wanted = [name for name, one in MEASURES.items() if region.place["kind"] == BALL or not one.balls]
    parts = parts_of(region)
    if not parts.core.any() or not parts.ring.any():
        return dict.fromkeys(wanted)
    return {name: MEASURES.load(name)(Lesion(region, full, parts)) for name in wanted}


def _of_patients(
    spec: Observe.Spec, key: Mapping[str, Any], patients: list[str], values: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """METRICS rows: the mean over a patient's inserted lesions of each measure."""
    for patient in patients:
        for metric in (one.name for one in of_patients(spec.channels)):
            own = [
                row["value"]
                for row in values
                if (row["patient"], row["metric"]) == (patient, metric) and row["kind"] != REAL
            ]
            usable = [value for value in own if value is not None]
            yield {
                **key,
                "patient": patient,
                "slice": WHOLE_PATIENT,
                "selected": True,
                "metric": metric,
                "window": "hu",
                "value": float(np.mean(usable)) if usable else None,
                "reason": None if usable else NO_VALUE,
            }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
