"""What the jobs of a stage differ in: a patient, a fold, a run. Each is also the wildcards of the stage's rule."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Self

# By the type of a field: how it is read, and what it looks like in a path.
KINDS = {"int": int, "str": str}
TEXTS = {"int": r"\d+", "str": r"[^/]+"}


@dataclass(frozen=True, order=True)
class Whole:
    """The one job of a stage that runs once a study; the others are its kinds.

    pattern: the key in file names, wildcards in braces.
    """

    pattern: ClassVar[str] = ""

    @classmethod
    def of(cls, wildcards: Any) -> Self:
        """The key of a job from its wildcards (anything with these attributes)."""
        return cls(**{field.name: KINDS[str(field.type)](getattr(wildcards, field.name)) for field in fields(cls)})

    @classmethod
    def of_path(cls, path: Path) -> Self:
        """The key in the name of a file, or of a folder that it lies in."""
        groups = {field.name: f"(?P<{field.name}>{TEXTS[str(field.type)]})" for field in fields(cls)}
        *_, match = re.finditer(cls.pattern.format(**groups), path.as_posix())
        return cls(**{field.name: KINDS[str(field.type)](match[field.name]) for field in fields(cls)})

    @property
    def path(self) -> str:
        """The key in file names."""
        return self.pattern.format(**{field.name: getattr(self, field.name) for field in fields(self)})


@dataclass(frozen=True, order=True)
class PatientKey(Whole):
    patient: str
    pattern: ClassVar[str] = "{patient}"


@dataclass(frozen=True, order=True)
class FoldKey(Whole):
    fold: int
    pattern: ClassVar[str] = "fold{fold}"


@dataclass(frozen=True, order=True)
class ShardKey(Whole):
    """A share of the test slices of a fold."""

    fold: int
    shard: int
    pattern: ClassVar[str] = "fold{fold}/shard{shard}"


@dataclass(frozen=True, order=True)
class SourceKey(Whole):
    """The low- or full-dose images of a fold."""

    source: str
    fold: int
    pattern: ClassVar[str] = "{source}/fold{fold}"


@dataclass(frozen=True, order=True)
class TuningKey(Whole):
    """A network and a loss in a fold, for all seeds."""

    model: str
    loss: str
    fold: int
    pattern: ClassVar[str] = "{model}/{loss}/fold{fold}"


@dataclass(frozen=True, order=True)
class Run(Whole):
    """One training: a network, a loss, a fold and a seed."""

    model: str
    loss: str
    fold: int
    seed: int
    pattern: ClassVar[str] = "{model}/{loss}/fold{fold}/seed{seed}"

    @property
    def tuning(self) -> TuningKey:
        """What a run shares with those of other seeds."""
        return TuningKey(self.model, self.loss, self.fold)
