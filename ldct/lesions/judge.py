"""How visible the lesions of one fold's patients are in the images of every run."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ldct.lesions.cards import whole_patient
from ldct.lesions.crop import region_hu
from ldct.lesions.measures import Parts, cnr, contrast, of_ball, of_mask, texture
from ldct.lesions.observe import Region, detect_cho, detect_npw
from ldct.lesions.sharpness import ttf50_ratio
from ldct.tables import read_table, write_table
from ldct.tables.lesions import LESIONS, NONE, REAL, REGIONS, VALUES
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
    detected = {f"cho_{name}": detect_cho(name, run, spec.internal_noise) for name in spec.channels}
    detected["npw"] = detect_npw(run, signals)
    for region in run:
        if region.place["kind"] == NONE or region.present is None:
            continue
        names = ("patient", "lesion", "kind", "tissue", "diameter_mm", "contrast_hu")
        place = {name: region.place[name] for name in names}
        for metric, value in _visible(region, full[region.key]).items():
            yield {**place, "metric": metric, "value": value}
        if region.place["kind"] == REAL:
            continue
        for observer, found in detected.items():
            one = found.get(region.key)
            yield {**place, "metric": f"lesion_{observer}_dprime", "value": _finite(one.dprime) if one else None}
            yield {**place, "metric": f"lesion_{observer}_auc", "value": _finite(one.auc) if one else None}


def _visible(region: Region, full: Region) -> dict[str, float | None]:
    """CNR, contrast recovery and texture of a lesion that is present; of an inserted ball its sharpness too."""
    if region.present is None or full.present is None:
        return {}
    parts = _parts(region)
    if not parts.core.any() or not parts.ring.any():
        return dict.fromkeys(("lesion_cnr", "lesion_contrast_recovery", "lesion_texture"))
    sharp: dict[str, float | None] = {}
    if region.place["kind"] == "sphere" and region.absent is not None and full.absent is not None:
        changes = region.present - region.absent, full.present - full.absent
        sharp = {"lesion_ttf50_ratio": ttf50_ratio(*changes, region.spacing_mm, region.place["diameter_mm"])}
    own, best = _contrast(region, parts), _contrast(full, parts)
    ours, theirs = texture(region.present, parts), texture(full.present, parts)
    return {
        "lesion_cnr": cnr(region.present, parts),
        "lesion_contrast_recovery": own / best if best else None,
        "lesion_texture": ours / theirs if ours is not None and theirs else None,
        **sharp,
    }


def _contrast(region: Region, parts: Parts) -> float:
    """HU that the lesion adds to its core; for a real one, which cannot be taken away, its contrast to the ring."""
    if region.absent is None:
        return contrast(np.asarray(region.present), parts)
    return float((region.present - region.absent)[parts.core].mean())


def _parts(region: Region) -> Parts:
    image = np.asarray(region.present)
    shape = (image.shape[0], image.shape[1])
    if region.place["mask"] is None:
        return of_ball(shape, region.spacing_mm, region.place["diameter_mm"])
    bits = np.unpackbits(np.frombuffer(region.place["mask"], np.uint8), count=image.size)
    return of_mask(bits.reshape(shape) > 0, region.spacing_mm)


def _of_patients(
    spec: Observe.Spec, key: Mapping[str, Any], patients: list[str], values: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """METRICS rows: the mean over a patient's inserted lesions of each measure."""
    for patient in patients:
        for metric in whole_patient(spec.channels):
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
