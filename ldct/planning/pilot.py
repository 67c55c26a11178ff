"""Variance components of a pilot: a finished study, or a long table of values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ldct.declaration import nearest
from ldct.errors import ConfigError
from ldct.statistics.dense import read_dense
from ldct.statistics.evidence import patient_sd
from ldct.statistics.inference.components import Components, components
from ldct.statistics.panel import Panel, panels
from ldct.statistics.policy.thresholds import LEAST_PATIENTS, LEAST_RUN_FREEDOM
from ldct.values.study import read_study

TABLES = ("metrics/metrics.parquet", "metrics/catalogue.parquet")


@dataclass(frozen=True)
class Pilot:
    """A pilot's size, and of each metric (in its primary window) components and the SD between patients."""

    patients: int
    losses: int
    folds: int
    seeds: int
    criteria: int
    parts: dict[str, Components]
    patient_sd: dict[str, float]

    @property
    def tests(self) -> int:
        """Tests of the family in which each loss is compared with the reference by each metric."""
        return self.criteria * (self.losses - 1)

    def too_small(self, metric: str) -> str:
        """Why the components of `metric` cannot be told; '' where they can. Raises ConfigError for another metric."""
        if metric not in self.parts:
            raise ConfigError(f"--effect: no metric '{metric}' in the pilot{nearest(metric, self.parts)}")
        parts = self.parts[metric]
        if self.patients < LEAST_PATIENTS:
            return f"the pilot has {self.patients} patients and it takes {LEAST_PATIENTS}"
        if self.seeds < 2:
            return (
                "the pilot has one training a loss and fold, so trainings cannot be told from patients: train a second "
                "seed, or state the components by --sd"
            )
        if not parts.told or parts.run_freedom < LEAST_RUN_FREEDOM or parts.patient_freedom < 1:
            return "the pilot has too few trainings to tell how much they vary"
        return ""


def read_pilot(path: Path, metrics: Path | None = None, network: str | None = None) -> Pilot:
    """The pilot in a results folder (of the workflow or of `ldct analyse`) or a long table.

    network: the one to plan for (default: the only one, else the mean over all). Raises LdctError for a table that
    cannot be used, for an unknown network, or where no two losses can be compared.
    """
    if path.is_dir():
        path, catalogue = path / TABLES[0], path / TABLES[1]
        metrics = metrics or catalogue
    study = read_study(path, metrics)
    with TemporaryDirectory() as folder:
        table, cards = Path(folder) / "metrics.parquet", Path(folder) / "catalogue.parquet"
        study.write(table, cards)
        dense = read_dense(
            table,
            cards,
            losses=study.losses,
            models=study.models,
            seeds=study.seeds,
            folds=study.folds,
            primary_window=study.primary_window,
        )
    panel = _panel(panels(dense)[0], network, path)
    sample = panel.ranked_sample
    parts, sd = components(sample), patient_sd(sample.values)
    primary = [c for c, criterion in enumerate(panel.criteria) if criterion.primary]
    runs = sample.runs().sum(-1)
    return Pilot(
        patients=len(panel.patients),
        losses=len(panel.losses),
        folds=len(sample.folds),
        seeds=int(np.max(runs, initial=0)),
        criteria=len(panel.criteria),
        parts={panel.criteria[c].metric: parts[c] for c in primary},
        patient_sd={panel.criteria[c].metric: float(sd[c]) for c in primary},
    )


def _panel(built: list[Panel], network: str | None, path: Path) -> Panel:
    by_name = {panel.model: panel for panel in built}
    if not by_name:
        raise ConfigError(f"{path}: no two losses have values of the same patients, so that nothing can be planned")
    if network is not None and network not in by_name:
        raise ConfigError(f"--network: no network '{network}'{nearest(network, by_name)}")
    return by_name[network] if network is not None else built[-1]
