"""The code that the jobs of a stage run."""

from __future__ import annotations

from typing import Any

from ldct.stages.base import Stage
from ldct.study.code import closure, digest
from ldct.study.plan import Plan


def code_digest(stage: type[Stage], plan: Plan, key: Any) -> str:
    """The parameter `code`: changes when code does that the job runs."""
    modules = [name.partition(":")[0] for name in stage.chosen(plan, key)]
    return digest(closure(stage.__module__, *modules))
