"""The code that the jobs of a stage run."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ldct.stages.base import Stage
from ldct.study.code import digest, reachable

if TYPE_CHECKING:
    from ldct.study.plan import Plan


def code_parts(stage: type[Stage], plan: Plan, key: Any) -> dict[str, str]:
    """The definitions that the job reaches, and their hashes."""
    return _parts(f"{stage.__module__}:{stage.__name__}.run", *stage.chosen(plan, key))


def code_digest(stage: type[Stage], plan: Plan, key: Any) -> str:
    """The parameter `code`: changes when code does that the job runs."""
    return _digest(f"{stage.__module__}:{stage.__name__}.run", *stage.chosen(plan, key))


@cache
def _parts(*entries: str) -> dict[str, str]:
    return reachable(*entries)


@cache
def _digest(*entries: str) -> str:
    return digest(_parts(*entries))
