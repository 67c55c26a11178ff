"""What a study settles beforehand, frozen by a hash, and how far a study that is run still is the one registered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

import ldct
from ldct.config.canonical import canonical
from ldct.config.study import Study
from ldct.errors import ConfigError
from ldct.files import write_json
from ldct.metrics.declared import METRICS
from ldct.statistics.policy.thresholds import thresholds

# Parts with an entry for each metric or loss; a difference in one entry concerns the questions about it.
BY_NAME = ("metrics", "losses")
TRAINING = ("epochs", "steps_per_epoch", "checkpoints", "checkpoint_rule")
STATISTICS = (
    "confidence",
    "bootstrap_draws",
    "seed",
    "reference_loss",
    "primary_window",
    "candidate_loss",
    "candidate_families",
    "fidelity_margin",
)


class Difference(BaseModel):
    """Something that is not as registered: which part, of what ('' for all), both values ('absent' for none)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    part: str
    name: str = ""
    registered: str
    here: str

    @property
    def text(self) -> str:
        """'seeds: registered [0,1,2], here [0,1]'."""
        return f"{self.part}{' ' if self.name else ''}{self.name}: registered {self.registered}, here {self.here}"


class Preregistered(BaseModel):
    """A registration, by its hash, and the study against it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str
    study_sha256: str
    differences: tuple[Difference, ...] = ()

    @property
    def of_all(self) -> list[Difference]:
        """Differences that concern every question: all but metrics and losses that are new or changed.

        One that was registered and left out makes the family of tests smaller than was settled.
        """
        return [one for one in self.differences if one.part not in BY_NAME or one.here == ABSENT]

    def against(self, *, metric: str | None = None, losses: tuple[str, ...] | None = None) -> list[Difference]:
        """Differences that make a question exploratory; of all metrics or losses where none is named."""
        named = {"metrics": None if metric is None else (metric,), "losses": losses}
        found = [
            one
            for one in self.differences
            if one.part in BY_NAME and (named[one.part] is None or one.name in (named[one.part] or ()))
        ]
        return list(dict.fromkeys([*self.of_all, *found]))


ABSENT = "absent"


def content(study: Study) -> dict[str, Any]:
    """What is frozen of a study, as plain data: metrics with constructs and margins, losses, networks, seeds, folds,
    training budget, settings of the analysis, thresholds of verdicts. Raises ConfigError for an unknown metric."""
    statistics, evaluation = study.statistics, study.evaluation
    metrics = {}
    for use in evaluation.metrics:
        metric = METRICS.of(use)
        construct = None if metric.construct is None else str(metric.construct)
        margin = statistics.margins.get(metric.name)
        metrics[metric.name] = {"direction": metric.direction, "construct": construct, "margin": margin}
    return {
        "metrics": metrics,
        "losses": {name: [_plain(term) for term in loss.terms] for name, loss in study.losses.items()},
        "networks": {name: _plain(model) for name, model in study.models.items()},
        "seeds": study.training.seeds,
        "folds": {"folds": study.cohort.folds, "split_seed": study.cohort.split_seed},
        "training": {name: getattr(study.training, name) for name in TRAINING},
        "evaluation": {
            "windows": {name: _plain(window) for name, window in evaluation.windows.items()},
            "slices_per_patient": evaluation.slices_per_patient,
        },
        "statistics": {name: getattr(statistics, name) for name in STATISTICS},
        "thresholds": thresholds(),
    }


def digest(registered: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of what is registered."""
    return hashlib.sha256(canonical(registered).encode()).hexdigest()


def write_registration(study: Study, path: Path) -> str:
    """Freeze a study in a JSON file; returns its hash. Equal studies give equal bytes."""
    registered = content(study)
    write_json(path, {"sha256": digest(registered), "ldct": ldct.__version__, "registered": registered})
    return digest(registered)


def read_registration(path: Path) -> dict[str, Any]:
    """What a file registers; raises ConfigError where it is absent, unreadable, or not what was frozen."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        registered, stated = record["registered"], record["sha256"]
        found = digest(registered)
    except FileNotFoundError:
        raise ConfigError(
            f"statistics.preregistration: no file {path}; 'ldct preregister' writes one, before the study is run"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"statistics.preregistration: {path} is no registration ({type(error).__name__}: {error}); give the file "
            "that 'ldct preregister' wrote"
        ) from None
    if found != stated:
        raise ConfigError(
            f"statistics.preregistration: {path} was changed after it was frozen: found content of hash {found[:12]}, "
            f"expected {str(stated)[:12]}; give the file as 'ldct preregister' wrote it"
        )
    return registered


def compare(registered: Mapping[str, Any], study: Study) -> Preregistered:
    """The study against what was registered."""
    here = content(study)
    differences = []
    for part in dict.fromkeys([*registered, *here]):
        before, now = registered.get(part), here.get(part)
        if part in BY_NAME and isinstance(before, Mapping) and isinstance(now, Mapping):
            for name in dict.fromkeys([*before, *now]):
                differences += _difference(part, name, before.get(name), now.get(name))
        elif isinstance(before, Mapping) and isinstance(now, Mapping):
            for name in dict.fromkeys([*before, *now]):
                differences += _difference(f"{part}.{name}", "", before.get(name), now.get(name))
        else:
            differences += _difference(part, "", before, now)
    return Preregistered(sha256=digest(registered), study_sha256=digest(here), differences=tuple(differences))


def _difference(part: str, name: str, before: Any, now: Any) -> list[Difference]:
    if canonical(before) == canonical(now):
        return []
    registered, here = (ABSENT if value is None else canonical(value) for value in (before, now))
    return [Difference(part=part, name=name, registered=registered, here=here)]


def _plain(section: BaseModel) -> dict[str, Any]:
    return section.model_dump(mode="json", exclude={"label"})
