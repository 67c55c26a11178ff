"""What the jobs of a stage differ in: a patient, a fold, a run. Each is also the wildcards of the stage's rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Self

# Of each type of a key's fields: how it is read from text, and what it looks like in a path.
KINDS: dict[str, tuple[Callable[[str], Any], str]] = {"int": (int, r"\d+"), "str": (str, r"[^/]+")}


@dataclass(frozen=True, order=True)
class Whole:
    """The one job of a stage that runs once a study; the others are its kinds.

    pattern: the key in file names, wildcards in braces.
    """

    pattern: ClassVar[str] = ""

    @classmethod
    def of(cls, wildcards: Any) -> Self:
        """The key of a job from its wildcards (anything with these attributes)."""
        read = {field.name: KINDS[str(field.type)][0] for field in fields(cls)}
        return cls(**{name: kind(getattr(wildcards, name)) for name, kind in read.items()})

    @classmethod
    def of_path(cls, path: Path) -> Self:
        """The key in the name of a file, `.../{key}.suffix` or `.../{key}/name`; raises ValueError where it has none.

        For keys that end in a number: a mere name could be the file's or its folder's.
        """
        shapes = {field.name: f"(?P<{field.name}>{KINDS[str(field.type)][1]})" for field in fields(cls)}
        match = re.search(rf"(?:^|/){cls.pattern.format(**shapes)}(?:\.\w+|/[^/]+)?$", path.as_posix())
        if match is None:
            raise ValueError(f"{path} is not named by {cls.pattern}")
        return cls(**{field.name: KINDS[str(field.type)][0](match[field.name]) for field in fields(cls)})

    @classmethod
    def by_key(cls, paths: Iterable[Path]) -> dict[Self, Path]:
        """Files by the keys in their names."""
        return {cls.of_path(path): path for path in paths}

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
