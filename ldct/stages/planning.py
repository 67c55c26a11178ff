"""The code that the jobs of a stage run."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldct.stages.base import Stage
from ldct.study.code import digest, reachable, record

if TYPE_CHECKING:
    from ldct.study.plan import Plan

# The definitions behind each digest of this process.
_PARTS: dict[str, dict[str, str]] = {}


def code_digest(stage: type[Stage], plan: Plan, key: Any) -> str:
    """The parameter `code`: changes when code does that the job runs."""
    return _digest(f"{stage.__module__}:{stage.__name__}.run", *stage.chosen(plan, key))


def record_code(folder: Path) -> None:
    """Keep the definitions behind the digests of the planned jobs: 'ldct why' names by them what changed."""
    for parts in _PARTS.values():
        record(parts, folder)


@cache
def _digest(*entries: str) -> str:
    parts = reachable(*entries)
    code = digest(parts)
    _PARTS[code] = parts
    return code
