"""A finished study as a comparison reads it: values of its trainings by patient, and its own conclusions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ldct.errors import InputError
from ldct.statistics.arrays import nanmean
from ldct.tables.consistency import TABLES
from ldct.tables.io import read_table

Row = dict[str, Any]
Key = tuple[str, str]
_READ = ("design", "criteria", "coverage", "runs", "run_values", "patient_values", "loss_values", "hypotheses")


@dataclass(frozen=True)
class Study:
    """Goodness by training and patient of one network (or of the mean over networks), NaN where there is none.

    Axes: C criteria (metric, window), L losses, S seeds, P patients. `fold_of` (P,) is the fold a patient is tested in.
    `config` is the study's configuration, empty where its provenance is not there.
    """

    name: str
    network: str
    losses: list[str]
    criteria: dict[Key, Row]
    patients: list[str]
    fold_of: np.ndarray
    values: np.ndarray  # (C, L, S, P)
    low: np.ndarray  # (C, P) goodness of the low-dose input
    tables: dict[str, list[Row]]
    config: dict[str, Any]

    @property
    def level(self) -> np.ndarray:
        """(C, L) mean over patients of the mean over seeds."""
        return nanmean(nanmean(self.values, 2), 2)

    @property
    def voteless(self) -> list[str]:
        """Metrics that failed their validity ladder."""
        return self.stated("voteless").split(",")

    def stated(self, key: str) -> str:
        """A value of the study's design; '' where it is not stated."""
        return next((row["value"] for row in self.tables["design"] if row["key"] == key), "")

    def on(self, criteria: Sequence[Key], losses: Sequence[str], patients: Sequence[str] | None = None) -> Study:
        """The part of the study with these criteria and losses, in this order, and the patients that have all."""
        c = [list(self.criteria).index(key) for key in criteria]
        lo = [self.losses.index(name) for name in losses]
        values = self.values[c][:, lo]
        kept = np.asarray(np.isfinite(values).any(2).any(0).all(0))
        if patients is not None:
            kept &= np.isin(self.patients, patients)
        p = [self.patients.index(name) for name in patients or self.patients if kept[self.patients.index(name)]]
        return Study(
            name=self.name,
            network=self.network,
            losses=list(losses),
            criteria={key: self.criteria[key] for key in criteria},
            patients=[self.patients[i] for i in p],
            fold_of=self.fold_of[p],
            values=values[..., p],
            low=self.low[c][:, p],
            tables=self.tables,
            config=self.config,
        )


def read_study(results: Path, name: str, network: str | None = None) -> Study:
    """Read RESULTS/consistency, and RESULTS/provenance.json where there is one.

    `network` is one of the study, 'all' for the mean over its networks, or None for the only one, else 'all'. Raises
    InputError where a table is missing or of another layout, where the network is not in the study, and where the
    study ranks no losses.
    """
    folder = Path(results) / "consistency"
    tables = {part: read_table(folder / f"{part}.parquet", TABLES[part]) for part in _READ}
    rows = {part: table.to_pylist() for part, table in tables.items() if part != "run_values"}
    networks = _value(rows["design"], "models").split(",")
    network = network or (networks[0] if len(networks) == 1 else "all")
    if network not in [*networks, "all"]:
        raise InputError(folder, f"no network '{network}'", f"one of {', '.join([*networks, 'all'])}", "Choose one.")
    # A study with one network has no mean over networks of its own.
    shown = networks[0] if network == "all" and len(networks) == 1 else network
    ranked = [row["loss"] for row in rows["coverage"] if row["model"] == shown and row["ranked"]]
    if not ranked:
        found = f"no loss of network '{shown}' that could be ranked"
        raise InputError(folder, found, "a study with trained losses", "See its coverage table for what is missing.")
    criteria = {(row["metric"], row["window"]): row for row in rows["criteria"] if row["used"]}
    chosen = networks if shown == "all" else [shown]
    values, patients, fold_of = _values(tables["run_values"], chosen, ranked, list(criteria))
    low = np.full((len(criteria), len(patients)), np.nan)
    place_c, place_p = {key: i for i, key in enumerate(criteria)}, {name: i for i, name in enumerate(patients)}
    for row in rows["patient_values"]:
        key = (row["metric"], row["window"])
        if row["loss"] == "low_dose" and key in place_c and row["patient"] in place_p:
            low[place_c[key], place_p[row["patient"]]] = row["goodness"]
    provenance = Path(results) / "provenance.json"
    config = json.loads(provenance.read_text(encoding="utf-8")).get("config", {}) if provenance.is_file() else {}
    return Study(name, shown, ranked, criteria, patients, fold_of, values, low, rows, config)


def _values(
    table: pa.Table, networks: list[str], losses: list[str], criteria: list[Key]
) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Goodness (C, L, S, P), averaged over networks that all have it; patients; the fold of each."""
    rows = [row for row in table.to_pylist() if row["model"] in networks and row["loss"] in losses]
    patients = sorted({row["patient"] for row in rows})
    seeds = sorted({row["seed"] for row in rows})
    at = [{name: i for i, name in enumerate(axis)} for axis in (criteria, networks, losses, seeds, patients)]
    values = np.full([len(axis) for axis in at], np.nan)
    fold_of = np.zeros(len(patients), int)
    for row in rows:
        key = (row["metric"], row["window"])
        if key in at[0]:
            place = (key, row["model"], row["loss"], row["seed"], row["patient"])
            values[tuple(axis[word] for axis, word in zip(at, place, strict=True))] = row["goodness"]
        fold_of[at[4][row["patient"]]] = row["fold"]
    return values.mean(1), patients, fold_of


def _value(design: list[Row], key: str) -> str:
    return next(row["value"] for row in design if row["key"] == key)
