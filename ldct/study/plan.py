"""What a study consists of: patients, folds, runs, and for each job the exact parameters and code it depends on.

Read when the workflow is parsed, so it imports neither torch nor pandas. Every `*_spec` is canonical JSON of just
what the job reads: a change elsewhere in the configuration does not rerun it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldct.config.canonical import canonical
from ldct.config.load import validate
from ldct.config.study import Study
from ldct.config.training import Loss
from ldct.errors import ConfigError
from ldct.losses import registry as losses
from ldct.metrics import registry as metrics
from ldct.models import registry as models
from ldct.pretrained import catalogue as pretrained
from ldct.registry import source_file
from ldct.study.code import closure
from ldct.study.manifest import Patient, fingerprint, read_manifest
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
                    source_file(term.use, losses.BUILTIN, "loss term")
                except ConfigError as error:
                    raise ConfigError(f"losses.{name}: {error}") from None
        for name, model in self.study.models.items():
            try:
                source_file(model.use, models.BUILTIN, "network")
            except ConfigError as error:
                raise ConfigError(f"models.{name}: {error}") from None
        for metric in self.study.evaluation.metrics:
            try:
                source_file(metric, metrics.BUILTIN, "metric")
            except ConfigError as error:
                raise ConfigError(f"evaluation.metrics: {error}") from None

    def _unavailable(self) -> list[dict[str, str]]:
        """Losses and metrics whose weights are absent, each with the command that gets them."""
        rows = []
        wanted = [("loss", name, self._loss_weights(loss)) for name, loss in self.study.losses.items()]
        wanted += [("metric", name, metrics.REQUIRES.get(name, ())) for name in self.study.evaluation.metrics]
        for kind, name, weights in wanted:
            for weight in weights:
                if not pretrained.available(weight, self.weights_dir):
                    command = f"ldct weights get {weight}"
                    rows.append({"kind": kind, "name": name, "missing": f"weights '{weight}'", "command": command})
        return rows

    def _loss_weights(self, loss: Loss) -> list[str]:
        return [weight for term in loss.terms for weight in losses.required_weights(term.use, term.options)]

    # Parameters of the jobs

    def simulate_spec(self, patient: str) -> str:
        entry, study = self.patients[patient], self.study
        return canonical(
            {
                "patient": patient,
                "seed": entry.seed,
                "region": entry.region,
                "scanner": study.scanner.model_dump(),
                "fraction": study.low_dose.fraction,
            }
        )

    def images_spec(self, patient: str) -> str:
        entry, study = self.patients[patient], self.study
        spec: dict[str, Any] = {
            "patient": patient,
            "kind": entry.kind,
            "region": entry.region,
            "allow_lossy": study.cohort.allow_lossy,
            "reconstruction": None,
            "low_dose": None,
        }
        if entry.kind != "dicom":
            spec["reconstruction"] = study.reconstruction.model_dump()
        if entry.kind != "synthetic":
            spec["full"], spec["low"] = _text(entry.full), _text(entry.low)
            spec["fingerprint"] = fingerprint(entry)
        if entry.kind != "synthetic" and entry.low is None:
            spec["low_dose"] = study.low_dose.model_dump()
        return canonical(spec)

    def cohort_spec(self) -> str:
        patients = [
            {"patient": p.patient, "region": p.region, "kind": p.kind, "fold": self.fold_of[p.patient]}
            for p in self.patients.values()
        ]
        roles = {
            str(fold): {"train": r.train, "validation": r.validation, "test": r.test} for fold, r in self.roles.items()
        }
        return canonical({"patients": patients, "split": roles})

    def patches_spec(self, patient: str) -> str:
        return canonical({"patient": patient, **self.study.patches.model_dump()})

    def train_spec(self, run: Run) -> str:
        roles = self.roles[run.fold]
        return canonical(
            {
                "model": self._model(run.model),
                "loss": {
                    "name": run.loss,
                    "terms": [term.model_dump() for term in self.study.losses[run.loss].terms],
                },
                "fold": run.fold,
                "seed": run.seed,
                "train": roles.train,
                "validation": roles.validation,
                "training": self.study.training.model_dump(exclude={"seeds"}),
            }
        )

    def predict_spec(self, run: Run) -> str:
        return canonical(
            {
                "model": self._model(run.model),
                "patients": self.roles[run.fold].test,
                "slices_per_patient": self.study.evaluation.slices_per_patient,
                "device": self.study.training.device,
                "precision": self.study.training.precision,
            }
        )

    def anchors_spec(self, fold: int) -> str:
        evaluation = self.study.evaluation
        return canonical(
            {
                "metrics": self.metrics,
                "windows": {name: window.model_dump() for name, window in evaluation.windows.items()},
                "slices_per_patient": evaluation.slices_per_patient,
                "patients": self.roles[fold].test,
                "fold": fold,
            }
        )

    def evaluate_spec(self, run: Run) -> str:
        evaluation = self.study.evaluation
        return canonical(
            {
                "metrics": self.metrics,
                "windows": {name: window.model_dump() for name, window in evaluation.windows.items()},
                "slices_per_patient": evaluation.slices_per_patient,
                "patients": self.roles[run.fold].test,
                "fold": run.fold,
                "model": run.model,
                "loss": run.loss,
                "seed": run.seed,
            }
        )

    def catalogue_spec(self) -> str:
        return canonical({"metrics": self.study.evaluation.metrics})

    @property
    def validity_patients(self) -> list[str]:
        """The first patients of the manifest."""
        return list(self.patients)[: self.study.evaluation.validity_patients]

    def validity_spec(self) -> str:
        evaluation = self.study.evaluation
        return canonical(
            {
                "metrics": self.metrics,
                "windows": {name: window.model_dump() for name, window in evaluation.windows.items()},
                "patients": self.validity_patients,
                "slices_per_patient": 1,
            }
        )

    def consistency_spec(self) -> str:
        study = self.study
        return canonical(
            {
                **study.statistics.model_dump(),
                "losses": self.losses,
                "terms": {name: [term.use for term in study.losses[name].terms] for name in self.losses},
                "models": list(study.models),
                "seeds": study.training.seeds,
                "folds": study.cohort.folds,
            }
        )

    def panels_spec(self) -> str:
        study = self.study
        return canonical(
            {
                "patients": [{"patient": p.patient, "region": p.region} for p in self.patients.values()],
                "panel_patients": study.report.panel_patients,
                "panel_windows": study.report.panel_windows,
                "slices_per_patient": study.evaluation.slices_per_patient,
                "losses": self.losses,
                "models": list(study.models),
            }
        )

    def report_spec(self) -> str:
        study = self.study
        return canonical(
            {
                "title": study.report.title,
                "assumptions": study.report.assumptions,
                "config": study.model_dump(),
                "losses": self.losses,
                "models": list(study.models),
                "unavailable": self.unavailable,
            }
        )

    # Code the jobs depend on

    def training_code(self, run: Run) -> list[Path]:
        terms = {source_file(t.use, losses.BUILTIN, "loss term") for t in self.study.losses[run.loss].terms}
        return closure("ldct.training.run", files=[*terms, self._model_file(run.model)])

    def inference_code(self, run: Run) -> list[Path]:
        return closure("ldct.inference.predict", files=[self._model_file(run.model)])

    def metrics_code(self) -> list[Path]:
        files = [source_file(name, metrics.BUILTIN, "metric") for name in self.study.evaluation.metrics]
        return closure("ldct.metrics.evaluate", files=files)

    # Weight files the jobs read

    def loss_weight_files(self, loss: str) -> list[Path]:
        return [pretrained.path_of(name, self.weights_dir) for name in self._loss_weights(self.study.losses[loss])]

    def metric_weight_files(self) -> list[Path]:
        names = [weight for metric in self.metrics for weight in metrics.REQUIRES.get(metric, ())]
        return [pretrained.path_of(name, self.weights_dir) for name in names]

    @property
    def metrics(self) -> list[str]:
        """Configured metrics whose weights are here."""
        absent = {item["name"] for item in self.unavailable if item["kind"] == "metric"}
        return [name for name in self.study.evaluation.metrics if name not in absent]

    def _model(self, name: str) -> dict[str, Any]:
        model = self.study.models[name]
        return {"name": name, "use": model.use, "options": model.options}

    def _model_file(self, name: str) -> Path:
        return source_file(self.study.models[name].use, models.BUILTIN, "network")


def _text(path: Path | None) -> str | None:
    """Relative to the working directory, so that a study that is moved does not run again."""
    return None if path is None else os.path.relpath(path)
