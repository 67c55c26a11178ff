"""The code that the jobs of a stage run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldct.stages.base import Stage
from ldct.study.code import digest, reachable, record

if TYPE_CHECKING:
    from ldct.study.plan import Plan


def code_digest(stage: type[Stage], plan: Plan, key: Any) -> str:
    """The parameter `code`: changes when code does that the job runs."""
    versions = [f"{package}:" for package in stage.stored]
    return _digest(*entries(stage), *versions, *stage.chosen(plan, key))


def entries(stage: type[Stage]) -> list[str]:
    """Where the code of every job of `stage` begins: the `run` of the class that defines it, and the classes outside
    that its spec is of, whose methods no name in the code leads to."""
    owner = next(kind for kind in stage.__mro__ if "run" in vars(kind))
    bases = [base for base in stage.Spec.__mro__ if base.__module__.startswith("ldct.")]
    carried = [f"{base.__module__}:{base.__name__}" for base in bases if not base.__module__.startswith("ldct.stages.")]
    return [f"{owner.__module__}:{owner.__name__}.run", *carried]


def planned_digest(parts: Mapping[str, str]) -> str:
    """The digest of `parts`, which are kept on record once the study runs."""
    _RECORDS.waiting.append(parts)
    _RECORDS.write()
    return digest(parts)


def record_code(folder: Path) -> None:
    """From now on keep in `folder` what stands behind each digest that is planned, the earlier ones included."""
    _RECORDS.folder = folder
    _RECORDS.write()


class _Records:
    """Parts behind the digests that this process planned; written once the study runs, not by dry runs."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.waiting: list[Mapping[str, str]] = []

    def write(self) -> None:
        while self.folder is not None and self.waiting:
            # A disk that is full or read-only ends the jobs with a better message.
            with suppress(OSError):
                record(self.waiting.pop(), self.folder)


_RECORDS = _Records()


@cache
def _parts(*entries: str) -> dict[str, str]:
    return reachable(*entries)


@cache
def _digest(*entries: str) -> str:
    return planned_digest(_parts(*entries))
