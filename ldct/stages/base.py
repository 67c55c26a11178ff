"""A stage of the study: the one place that says what its rule reads, what it writes, and what it does.

Planning needs neither torch nor pandas: a stage's `run` imports what it computes with.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from ldct.config.canonical import canonical
from ldct.stages.keys import Whole

if TYPE_CHECKING:
    from ldct.study.plan import Plan

# Why the check of the study failed, below its results; absent where it did not.
REFUSED = Path("check/refused.txt")
# A folder among the outputs of a stage.
Folder = Annotated[Path, "folder"]
# A file among the sources of a stage that lies in results all the same: a job may find it, and keeps there what a later
# one can use.
Kept = Annotated[Path, "kept"]
# A digest that stands for the content of data outside the study: no code reads it, a change of it reruns the job.
Content = Annotated[str, "content"]

Part = TypeVar("Part", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StageSpec(_Strict):
    """What a job reads of the configuration and the cohort, and nothing else: if it changes, the job runs again."""

    def canonical(self) -> str:
        """Canonical JSON: the parameter that Snakemake compares."""
        return canonical(self.model_dump(mode="json"))


class StageInputs(_Strict):
    """Files of other stages that a job reads."""


class StageSources(_Strict):
    """Where data outside the study lie. Not compared: a folder may be moved or renamed; its content is in the spec."""


class StageOutputs(_Strict):
    """Files that a job writes. The default of a field is its path, or paths; `{key}` where the job's key stands."""


class Stage:
    """A stage: a subclass states its parts, how they follow from a plan and a key, and `run`."""

    key: ClassVar[type[Whole]] = Whole
    # Whether its jobs are refused once the check of the study has failed, also where Snakemake keeps going.
    needs_check: ClassVar[bool] = True

    # Packages whose version shapes the bytes that its jobs write, where these are so dear that the store keeps them.
    stored: ClassVar[tuple[str, ...]] = ()

    Spec: ClassVar[type[StageSpec]] = StageSpec
    Inputs: ClassVar[type[StageInputs]] = StageInputs
    Sources: ClassVar[type[StageSources]] = StageSources
    Outputs: ClassVar[type[StageOutputs]] = StageOutputs
    # Does the work of one job; takes of spec, inputs, outputs and sources what it names.
    run: ClassVar[Callable[..., None]]

    @classmethod
    def spec(cls, plan: Plan, key: Any) -> StageSpec:
        """What the job reads of the plan."""
        return cls.Spec()

    @classmethod
    def inputs(cls, plan: Plan, key: Any) -> StageInputs:
        """The files that the job reads."""
        return cls.Inputs()

    @classmethod
    def sources(cls, plan: Plan, key: Any) -> StageSources:
        """Where the data outside the study lie that the job reads."""
        return cls.Sources()

    @classmethod
    def chosen(cls, plan: Plan, key: Any) -> list[str]:
        """'module:Class' of what the configuration chose (losses, metrics, a network): code that the job runs too."""
        return []

    @classmethod
    def outputs(cls, key: Whole | None = None) -> Any:
        """The files that the job of `key` writes; with wildcards in their names where it is left out."""
        text = cls.key.pattern if key is None else key.path

        def path(default: Any) -> Any:
            if isinstance(default, tuple):
                return tuple(map(path, default))
            return str(default).replace("{key}", text)

        return cls.Outputs(**{name: path(field.default) for name, field in cls.Outputs.model_fields.items()})

    @classmethod
    def beside(cls, outputs: Any) -> dict[str, list[Path]]:
        """Files that the job leaves beside an output and that belong to it, by the output's name."""
        return {}

    @classmethod
    def worth_keeping(cls, outputs: Any) -> bool:
        """Whether what the job wrote may stand for another job like it."""
        return True

    @classmethod
    def name(cls) -> str:
        """The stage's module, which its script is called by too."""
        return cls.__module__.rsplit(".", 1)[-1]

    @classmethod
    def file_name(cls) -> str:
        """The name of a job's log, wildcards in braces."""
        return f"{cls.name()}/{cls.key.pattern}" if cls.key.pattern else cls.name()

    @classmethod
    def folders(cls) -> set[str]:
        """The outputs that are folders."""
        return {name for name, field in cls.Outputs.model_fields.items() if "folder" in field.metadata}


def paths(part: BaseModel) -> dict[str, list[Path]]:
    """The paths of inputs, sources or outputs, by name; of an absent optional file none."""

    def listed(value: Any) -> list[Path]:
        if value is None:
            return []
        return list(value) if isinstance(value, list | tuple) else [value]

    return {name: listed(value) for name, value in dict(part).items()}


def narrow(kind: type[Part], section: BaseModel) -> Part:
    """The fields of `kind` taken from a section that has more."""
    return kind.model_validate({name: getattr(section, name) for name in kind.model_fields})


def relative(path: Path) -> Path:
    """`path` as seen from the working directory."""
    return Path(os.path.relpath(path))


def texts(part: BaseModel) -> dict[str, str | list[str]]:
    """The paths of inputs, sources or outputs as Snakemake takes them; absent optional files are empty lists."""

    def text(value: Any) -> str | list[str]:
        if value is None:
            return []
        return [str(path) for path in value] if isinstance(value, list | tuple) else str(value)

    return {name: text(value) for name, value in dict(part).items()}
