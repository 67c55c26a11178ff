"""What a study consists of: patients, folds, runs, and what of it is unavailable here.

Read when the workflow is parsed, so it imports neither torch nor pandas. What each job reads of it stands in
`ldct.study.jobs`: every `*_spec` is canonical JSON of just that, so a change elsewhere does not rerun the job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldct.config.load import validate
from ldct.config.study import Study
from ldct.declaration import nearest
from ldct.errors import ConfigError
from ldct.losses.declared import TERMS, required_weights, walk_terms
from ldct.metrics.declared import METRICS
from ldct.models.declared import NETWORKS
from ldct.pretrained import catalogue as pretrained
from ldct.study.manifest import Patient, read_manifest
from ldct.study.split import Roles, assign, split


@dataclass(frozen=True, order=True)
class Run:
    """One training: a network, a loss, a fold and a seed."""

    model: str
    loss: str
    fold: int
    seed: int

    @property
    def path(self) -> str:
        return f"{self.model}/{self.loss}/fold{self.fold}/seed{self.seed}"


class Plan:
    """A validated study, expanded into jobs."""

    def __init__(self, study: Study, *, root: Path, weights_dir: Path):
        self.study, self.root, self.weights_dir = study, root, weights_dir
        self._check_names()
        manifest = root / study.cohort.manifest
        self.patients: dict[str, Patient] = {p.patient: p for p in read_manifest(manifest)}
        self._check_masks()
        everyone, cohort = list(self.patients.values()), study.cohort
        self.fold_of = assign(everyone, folds=cohort.folds, seed=cohort.split_seed)
        self.roles: dict[int, Roles] = split(
            everyone,
            folds=cohort.folds,
            validation_patients=cohort.validation_patients,
            seed=cohort.split_seed,
        )
        self.unavailable = self._unavailable()
        dropped = {item["name"] for item in self.unavailable if item["kind"] == "loss"}
        self.losses = [name for name in study.losses if name not in dropped]
        if not self.losses:
            raise ConfigError("every configured loss needs weights that are absent; see 'ldct weights list'")
        self.runs = [
            Run(model, loss, fold, seed)
            for model in study.models
            for loss in self.losses
            for fold in self.roles
            for seed in study.training.seeds
        ]

    @classmethod
    def load(cls, config: Mapping[str, Any], *, root: Path, weights_dir: Path) -> Plan:
        """A plan from plain configuration data; raises ConfigError before any job starts."""
        return cls(validate(config), root=root, weights_dir=weights_dir)

    def _check_names(self) -> None:
        """Every loss, network and metric must exist before anything is computed."""
        for name, loss in self.study.losses.items():
            for term in loss.terms:
                try:
                    for use, _ in walk_terms(term.use, term.options):
                        TERMS.of(use)
                except ConfigError as error:
                    raise ConfigError(f"losses.{name}: {error}") from None
        for name, model in self.study.models.items():
            try:
                NETWORKS.of(model.use)
            except ConfigError as error:
                raise ConfigError(f"models.{name}: {error}") from None
        for metric in self.study.evaluation.metrics:
            try:
                METRICS.of(metric)
            except ConfigError as error:
                raise ConfigError(f"evaluation.metrics: {error}") from None

    def _check_masks(self) -> None:
        for patient, path in self.study.lesions.masks.items():
            if patient not in self.patients:
                raise ConfigError(f"lesions.masks: no patient '{patient}'{nearest(patient, self.patients)}")
            if not (self.root / path).is_file():
                raise ConfigError(f"lesions.masks.{patient}: no file {path}; give it relative to the project folder")

    def _unavailable(self) -> list[dict[str, str]]:
        """Losses and metrics whose weights are absent, each with the command that gets them."""
        rows = []
        wanted = [("loss", name, self.loss_weights(name)) for name in self.study.losses]
        wanted += [("metric", name, METRICS.of(name).weights) for name in self.study.evaluation.metrics]
        for kind, name, weights in wanted:
            for weight in weights:
                if not pretrained.available(weight, self.weights_dir):
                    command = pretrained.weight_file(weight).how
                    rows.append({"kind": kind, "name": name, "missing": f"weights '{weight}'", "command": command})
        return rows

    def loss_weights(self, loss: str) -> list[str]:
        """Names of the pretrained weights that the terms of `loss` need."""
        terms = self.study.losses[loss].terms
        return [weight for term in terms for weight in required_weights(term.use, term.options)]

    @property
    def metrics(self) -> list[str]:
        """Configured metrics whose weights are here."""
        absent = {item["name"] for item in self.unavailable if item["kind"] == "metric"}
        return [name for name in self.study.evaluation.metrics if name not in absent]

    @property
    def weight_files(self) -> list[Path]:
        """Pretrained weight files that the study's losses and metrics read."""
        names = {weight for loss in self.losses for weight in self.loss_weights(loss)}
        names |= {weight for metric in self.metrics for weight in METRICS.of(metric).weights}
        return [pretrained.path_of(name, self.weights_dir) for name in sorted(names)]
