"""What a study consists of: patients, folds, runs, and what of it is unavailable here.

Read when the workflow is parsed, so it imports neither torch nor pandas. What each job reads of it stands in
`ldct.stages`: a spec holds just that, so a change elsewhere does not rerun the job.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldct.config.load import Configuration, examine_values
from ldct.config.mistakes import line_of, refusal
from ldct.declaration import nearest
from ldct.errors import ConfigError
from ldct.losses.declared import required_weights
from ldct.metrics.declared import METRICS
from ldct.pretrained import catalogue as pretrained
from ldct.stages.keys import Run
from ldct.study.control import control_name, why_no_control, with_control
from ldct.study.manifest import IMAGE_KINDS, Patient, read_manifest
from ldct.study.split import Roles, assign, split

if TYPE_CHECKING:
    from ldct.study.preregistration import Preregistered


class Plan:
    """A validated study, expanded into jobs."""

    def __init__(self, configuration: Configuration, *, weights_dir: Path, strict: bool = True):
        """Raises one ConfigError with every mistake, those of the configuration included, before any job starts.

        Not strict: keeps them in `mistakes` and goes on with what is right.
        """
        study = configuration.study
        self.configuration, self.study, self.weights_dir = configuration, study, weights_dir
        mistakes = list(configuration.mistakes)
        self.patients: dict[str, Patient] = {}
        self.roles: dict[int, Roles] = {}
        self.fold_of: dict[str, int] = {}
        try:
            everyone, cohort = read_manifest(self.manifest), study.cohort
            self.patients = {p.patient: p for p in everyone}
            self.fold_of = assign(everyone, folds=cohort.folds, seed=cohort.split_seed)
            self.roles = split(
                everyone,
                folds=cohort.folds,
                validation_patients=cohort.validation_patients,
                seed=cohort.split_seed,
            )
        except ConfigError as error:
            mistakes.append(str(error))
        mistakes += self._mask_mistakes() + self._patch_mistakes()
        mistakes += [
            f"readers.{name}: no file {path}; give it relative to the file that names it"
            for name, path in self.readers_files.items()
            if not path.is_file()
        ]
        try:
            self.preregistration = self._preregistration()
        except ConfigError as error:
            mistakes.append(str(error))
        self.unavailable = self._unavailable()
        dropped = {item["name"] for item in self.unavailable if item["kind"] == "loss"}
        self.losses = [name for name in study.losses if name not in dropped]
        if self.unavailable and not study.allow_missing:
            mistakes.append(_refusal(self.unavailable))
        elif not self.losses:
            mistakes.append("losses: every one needs weights that are absent; see 'ldct weights list'")
        elif not self.metrics:
            mistakes.append("evaluation.metrics: every one needs weights that are absent; see 'ldct weights list'")
        self.control, self.no_control = None, why_no_control(study, self.losses)
        if not self.no_control:
            self.control = control_name(study)
            if self.control in study.losses:
                mistakes.append(
                    f"losses.{self.control}: the name is that of the negative control; choose another, or give "
                    "statistics: {negative_control: false}"
                )
            self.study = with_control(study)
        if mistakes and strict:
            raise ConfigError(refusal(mistakes))
        self.mistakes = mistakes
        # Those of the losses that are compared, then those of the negative control.
        self.compared_runs = self._runs_of(self.losses)
        self.runs = [*self.compared_runs, *self._runs_of([self.control] if self.control else [])]

    def _runs_of(self, losses: list[str]) -> list[Run]:
        return [
            Run(model, loss, fold, seed)
            for model in self.study.models
            for loss in losses
            for fold in self.roles
            for seed in self.study.training.seeds
        ]

    @classmethod
    def load(cls, config: Mapping[str, Any], *, root: Path, weights_dir: Path) -> Plan:
        """A plan from plain configuration data, whose paths are relative to `root`."""
        return cls(examine_values(config, root), weights_dir=weights_dir)

    def file(self, *location: str) -> Path:
        """The file that the setting at `location` names, which must name one."""
        path = self.configuration.file(*location)
        if path is None:
            raise ConfigError(f"{'.'.join(location)} names no file; give one")
        return path

    @property
    def manifest(self) -> Path:
        return self.file("cohort", "manifest")

    @property
    def readers_files(self) -> dict[str, Path]:
        """The CSV files of the reader study that are configured, by name (key, ratings, pairs)."""
        given = {name: self.configuration.file("readers", name) for name in ("key", "ratings", "pairs")}
        return {name: path for name, path in given.items() if path is not None}

    def _preregistration(self) -> Preregistered | None:
        """The study against its registration, where there is one; raises ConfigError."""
        if self.study.statistics.preregistration is None:
            return None
        from ldct.study.preregistration import compare, read_registration

        return compare(read_registration(self.file("statistics", "preregistration")), self.study)

    def _mask_mistakes(self) -> list[str]:
        mistakes = []
        for patient in self.study.lesions.masks:
            path = self.file("lesions", "masks", patient)
            if self.patients and patient not in self.patients:
                mistakes.append(f"lesions.masks: no patient '{patient}'{nearest(patient, self.patients)}")
            elif not path.is_file():
                mistakes.append(f"lesions.masks.{patient}: no file {path}; give it relative to the file that names it")
        return mistakes

    def _patch_mistakes(self) -> list[str]:
        """Patches are cut from slices, whose size is known before where they are reconstructed."""
        size, matrix = self.study.patches.size, self.study.reconstruction.matrix
        raw = [name for name, patient in self.patients.items() if patient.kind not in IMAGE_KINDS]
        if not raw or size <= matrix:
            return []
        text = f"{size} is larger than the slices of {len(raw)} patients; expected at most "
        return [line_of(("patches", "size"), f"{text}reconstruction.matrix, {matrix}", self.configuration.sources)]

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
        try:
            return [weight for term in terms for weight in required_weights(term.use, term.options)]
        except ConfigError:
            # Terms in the options of a term that cannot be read: a mistake of the configuration, named there.
            return []

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


def _refusal(unavailable: list[dict[str, str]]) -> str:
    lines = [f"  {item['kind']} {item['name']} needs {item['missing']}: {item['command']}" for item in unavailable]
    return (
        "allow_missing is false, and this study names what is not on this machine:\n"
        + "\n".join(lines)
        + "\nGet it, or give allow_missing: true to go on without."
    )
