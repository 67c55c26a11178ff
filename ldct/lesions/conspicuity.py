"""Do the losses keep lesions visible? Paired tests on patients, and pictures of a few lesions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from ldct.lesions.declared import direction, is_auc
from ldct.orientation import goodness
from ldct.statistics.bootstrap import HierarchicalBootstrap, interval
from ldct.statistics.wilcoxon import holm
from ldct.tables import read_table, write_table
from ldct.tables.lesions import CONSPICUITY, PANELS, REAL, REGIONS, VALUES

if TYPE_CHECKING:
    from ldct.stages.conspicuity import Conspicuity

log = logging.getLogger("ldct")
LOW, FULL = "low_dose", "full_dose"
# Inserted lesions of a patient that are shown.
LESIONS_SHOWN = 3
# All 2^n flips of up to so many patients, else as many random ones.
EXACT_PATIENTS, FLIPS = 14, 20_000


def conspicuity(spec: Conspicuity.Spec, values: Sequence[Path], regions: Sequence[Path], output: Path) -> None:
    """Write the tables CONSPICUITY and PANELS under `output`.

    values: VALUES tables of the folds; regions: REGIONS tables of the anchors and of the runs. Equal input gives equal
    bytes. Raises InputError for a table that cannot be read.
    """
    table = pa.concat_tables([read_table(path, VALUES) for path in sorted(values)]).to_pandas()
    rows = [row for model in _models(spec, table) for row in _of_model(spec, table, model)]
    write_table(output / "conspicuity.parquet", pa.Table.from_pylist(rows, CONSPICUITY), CONSPICUITY)
    panels = _panels(spec, table, regions)
    write_table(output / "panels.parquet", pa.Table.from_pylist(panels, PANELS), PANELS)
    log.info("lesions: %d comparisons, %d pictures", len(rows), len(panels))


def _models(spec: Conspicuity.Spec, table: pd.DataFrame) -> list[str]:
    present = [model for model in spec.models if (table["model"] == model).any()]
    return [*present, "all"] if len(present) > 1 else present


def _of_model(spec: Conspicuity.Spec, table: pd.DataFrame, model: str) -> list[dict[str, Any]]:
    """CONSPICUITY rows of one network; 'all' is the mean over networks."""
    own = table if model == "all" else table[table["model"].isin([model, "anchor"])]
    rows: list[dict[str, Any]] = []
    for kinds, part in (("inserted", own[own["kind"] != REAL]), ("real", own[own["kind"] == REAL])):
        for metric in sorted(part["metric"].unique()):
            chosen = part[part["metric"] == metric]
            rows += _of_metric(spec, chosen, {"model": model, "metric": metric, "kinds": kinds})
    tested = [row for row in rows if row["p"] is not None]
    for row, p in zip(tested, holm(np.array([row["p"] for row in tested], float)), strict=True):
        row["p_holm"] = float(p)
        side = "better" if row["difference"] > 0 else "worse"
        row["verdict"] = side if p <= 1 - spec.confidence else "cannot tell"
    return rows


def _of_metric(spec: Conspicuity.Spec, part: pd.DataFrame, key: dict[str, str]) -> list[dict[str, Any]]:
    """Rows of every loss for one measure: its level, and its differences to the low dose and the reference loss."""
    toward = direction(key["metric"])
    part = part.assign(good=goodness(part["value"].to_numpy(float), toward)).dropna(subset="good")
    level = part.groupby(["loss", "patient"])["value"].mean().unstack()
    # Each lesion by itself first: +20 % of one does not excuse -20 % of another.
    good = part.groupby(["loss", "patient", "lesion"])["good"].mean().unstack("loss")
    lesions = part.groupby("loss")[["patient", "lesion"]].apply(lambda rows: len(rows.drop_duplicates()))
    rows: list[dict[str, Any]] = []
    for loss in [name for name in (LOW, *spec.losses, FULL) if name in level.index]:
        ones = level.loc[loss].dropna().to_numpy()
        low, high = _resampled(spec, ones)
        base = {
            **key, "loss": loss, "mean": float(ones.mean()), "mean_low": low, "mean_high": high, "against": None,
            "difference": None, "difference_low": None, "difference_high": None, "p": None, "p_holm": None,
            "verdict": "", "patients": len(ones), "lesions": int(lesions[loss]), "note": None,
        }  # fmt: skip
        others = [name for name in (LOW, spec.reference_loss) if name != loss and name in good.columns]
        if loss in (LOW, FULL) or not others:
            rows.append(base)
        for other in others if loss not in (LOW, FULL) else []:
            pairs = good[[loss, other]].dropna()
            change = (pairs[loss] - pairs[other]).groupby("patient").mean().to_numpy()
            rows.append(base | _paired(spec, change, other, len(pairs)))
            if is_auc(key["metric"]):
                rows[-1] |= {"p": None, "verdict": "", "note": "not tested: d' says the same without a ceiling"}
    return rows


def _paired(spec: Conspicuity.Spec, change: np.ndarray, other: str, lesions: int) -> dict[str, Any]:
    """Mean difference of the patients, its interval and sign-flip p."""
    found: dict[str, Any] = {"against": other, "patients": len(change), "lesions": lesions, "verdict": "cannot tell"}
    if not len(change):
        return found | {"note": "no lesion has a value for both"}
    low, high = _resampled(spec, change)
    found |= {"difference": float(change.mean()), "difference_low": low, "difference_high": high}
    if len(change) < 2:
        return found | {"note": "one patient: no test"}
    return found | {"p": sign_flip(change, spec.seed), "note": None}


def sign_flip(change: np.ndarray, seed: int) -> float:
    """Two-sided p of the mean of paired differences under random signs, one for each patient.

    Lesions of a patient share its sign, so that they count as the one cluster they are. Exact for up to 14 patients.
    """
    exact = len(change) <= EXACT_PATIENTS
    found = stats.permutation_test(
        (change,),
        lambda sample, axis: sample.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=2 ** len(change) if exact else FLIPS,
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


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
    order = {loss: i for i, loss in enumerate((LOW, *spec.losses, FULL))}
    found: dict[tuple, tuple[int, dict[str, Any]]] = {}
    filters = [("patient", "in", sorted({patient for patient, _ in wanted})), ("present", "==", True)]
    for path in sorted(regions):
        for row in read_table(path, REGIONS, filters).to_pylist():
            place = (row["patient"], row["lesion"])
            key = (list(wanted).index(place) if place in wanted else -1, row["model"], order.get(row["loss"], -1))
            if key[0] >= 0 and key[2] >= 0 and (key not in found or row["seed"] < found[key][0]):
                found[key] = row["seed"], {name: row.get(name, wanted[place]) for name in PANELS.names}
    models = {model: i for i, model in enumerate(["anchor", *spec.models])}
    return [found[key][1] for key in sorted(found, key=lambda key: (key[0], key[2], models.get(key[1], -1)))]


def _title(row: Any) -> str:
    if row.kind == REAL:
        return f"tumour of {row.patient}, {row.diameter_mm:.0f} mm"
    tissue = row.tissue.replace("_", " ")
    return f"{row.kind}, {row.diameter_mm:g} mm, {row.contrast_hu:g} HU in {tissue} of {row.patient}"
