"""Do the losses keep lesions visible? What the engine says of them, and pictures of a few lesions."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ldct.lesions.comparisons import ANCHOR, LOW, comparisons, kinds_of
from ldct.statistics.bootstrap import HierarchicalBootstrap, interval
from ldct.statistics.policy import Policy
from ldct.tables import read_table, table_of, write_table
from ldct.tables.lesions import CONSPICUITY, PANELS, REAL, REGIONS, VALUES

if TYPE_CHECKING:
    from ldct.stages.conspicuity import Conspicuity

log = logging.getLogger("ldct")
FULL = "full_dose"
# Inserted lesions of a patient that are shown.
LESIONS_SHOWN = 3


def conspicuity(spec: Conspicuity.Spec, values: Sequence[Path], regions: Sequence[Path], output: Path) -> None:
    """Write the tables CONSPICUITY and PANELS under `output`.

    values: VALUES tables of the folds; regions: REGIONS tables of the anchors and of the runs. Equal input gives equal
    bytes. Raises InputError for a table that cannot be read.
    """
    table = pa.concat_tables([read_table(path, VALUES) for path in sorted(values)]).to_pandas()
    rows = [row for model in _models(spec, table) for row in _of_model(spec, table, model)]
    write_table(output / "conspicuity.parquet", table_of(rows, CONSPICUITY), CONSPICUITY)
    panels = _panels(spec, table, regions)
    write_table(output / "panels.parquet", pa.Table.from_pylist(panels, PANELS), PANELS)
    log.info("lesions: %d comparisons, %d pictures", len(rows), len(panels))


def _models(spec: Conspicuity.Spec, table: pd.DataFrame) -> list[str]:
    present = [model for model in spec.models if (table["model"] == model).any()]
    return [*present, "all"] if len(present) > 1 else present


def _of_model(spec: Conspicuity.Spec, table: pd.DataFrame, model: str) -> list[dict[str, Any]]:
    """CONSPICUITY rows of one network; 'all' is the mean over networks."""
    own = table if model == "all" else table[table["model"].isin([model, ANCHOR])]
    told = comparisons(own, spec.losses, (LOW, *spec.filters), spec.reference_loss, Policy.of(spec.confidence))
    rows: list[dict[str, Any]] = []
    for kinds, part in own.groupby(kinds_of(own)):
        for metric, chosen in part.groupby("metric"):
            for base in _levels(spec, chosen):
                key = {"model": model, "metric": metric, "kinds": kinds}
                against = told.get((str(kinds), str(metric), base["loss"]), [])
                rows += [key | base | one for one in against] or [key | base]
    return rows


def _levels(spec: Conspicuity.Spec, part: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """What each image shows of lesions, by one measure."""
    level = part.dropna(subset="value").groupby(["loss", "patient"])["value"].mean().unstack()
    lesions = part.groupby("loss")[["patient", "lesion"]].apply(lambda rows: len(rows.drop_duplicates()))
    for loss in [name for name in (LOW, *spec.filters, *spec.losses, FULL) if name in level.index]:
        ones = level.loc[loss].dropna().to_numpy()
        low, high = _resampled(spec, ones)
        yield {
            "loss": loss, "mean": float(ones.mean()), "mean_low": low, "mean_high": high, "verdict": "", "reason": "",
            "patients": len(ones), "lesions": int(lesions[loss]),
        }  # fmt: skip


def _resampled(spec: Conspicuity.Spec, patients: np.ndarray) -> tuple[float | None, float | None]:
    """Interval of the mean of patient values, patients resampled; None with fewer than two."""
    if len(patients) < 2:
        return None, None
    n = len(patients)
    boot = HierarchicalBootstrap(np.arange(n), spec.bootstrap_draws, np.random.default_rng(spec.seed))
    low, high = interval(boot.patient_means(patients[None]), n, spec.confidence)
    return float(low[0]), float(high[0])


def _panels(spec: Conspicuity.Spec, table: pd.DataFrame, regions: Sequence[Path]) -> list[dict[str, Any]]:
    """PANELS rows: a few lesions of the first patients at both doses and by every loss, first seed."""
    known = table.drop_duplicates(["patient", "lesion"])
    shown = [name for name in spec.patients if name in set(known["patient"])][: spec.panel_patients]
    wanted: dict[tuple[str, int], str] = {}
    for patient in shown:
        own = known[known["patient"] == patient].sort_values(["contrast_hu", "diameter_mm", "lesion"])
        real, inserted = own[own["kind"] == REAL], own[own["kind"] != REAL]
        # From faint to obvious.
        at = np.unique(np.linspace(0, len(inserted) - 1, LESIONS_SHOWN).round().astype(int))
        chosen = pd.concat([real, inserted.iloc[at if len(inserted) else []]])
        titles = zip(chosen["lesion"].tolist(), map(_title, chosen.itertuples()), strict=True)
        wanted |= {(patient, lesion): title for lesion, title in titles}
    if not wanted:
        return []
    order = {loss: i for i, loss in enumerate((LOW, *spec.filters, *spec.losses, FULL))}
    found: dict[tuple, tuple[int, dict[str, Any]]] = {}
    filters = [("patient", "in", sorted({patient for patient, _ in wanted})), ("present", "==", True)]
    for path in sorted(regions):
        for row in read_table(path, REGIONS, filters).to_pylist():
            place = (row["patient"], row["lesion"])
            key = (list(wanted).index(place) if place in wanted else -1, row["model"], order.get(row["loss"], -1))
            if key[0] >= 0 and key[2] >= 0 and (key not in found or row["seed"] < found[key][0]):
                found[key] = row["seed"], {name: row.get(name, wanted[place]) for name in PANELS.names}
    models = {model: i for i, model in enumerate([ANCHOR, *spec.models])}
    return [found[key][1] for key in sorted(found, key=lambda key: (key[0], key[2], models.get(key[1], -1)))]


def _title(row: Any) -> str:
    if row.kind == REAL:
        return f"tumour of {row.patient}, {row.diameter_mm:.0f} mm"
    tissue = row.tissue.replace("_", " ")
    return f"{row.kind}, {row.diameter_mm:g} mm, {row.contrast_hu:g} HU in {tissue} of {row.patient}"
