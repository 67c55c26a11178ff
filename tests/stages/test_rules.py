"""Every stage: its rule, its script, and a spec that holds what its code reads and no more."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import pkgutil
import re
import subprocess
import sys
import textwrap
from functools import cache
from pathlib import Path
from typing import Annotated, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import ldct.stages
from ldct.stages.base import Stage, StageSpec
from ldct.stages.planning import entries
from ldct.stages.running import command, parser
from ldct.study.code import reachable

PROJECT = Path(__file__).resolve().parents[2]
MODULES = [f"ldct.stages.{module.name}" for module in pkgutil.iter_modules(ldct.stages.__path__)]


def stages() -> list[type[Stage]]:
    for module in MODULES:
        importlib.import_module(module)
    own = [stage for stage in Stage.__subclasses__() if stage.__module__ in MODULES]
    return sorted(own, key=lambda stage: stage.__module__)


@cache
def names_read(stage: type[Stage]) -> set[str]:
    """Attributes, arguments and texts in the code that the stage's `run` reaches, and the words of page templates."""
    modules = {part.partition(":")[0] for part in reachable(*entries(stage))}
    files = [Path(importlib.util.find_spec(name).origin) for name in modules if not name.startswith("ldct.stages")]
    run = ast.parse(textwrap.dedent(inspect.getsource(stage.run)))
    names: set[str] = set()
    for node in (node for tree in (run, *(ast.parse(file.read_text()) for file in files)) for node in ast.walk(tree)):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
        elif isinstance(node, ast.arg | ast.keyword) and node.arg:
            names.add(node.arg)
    if "ldct.report.build" in modules:
        pages = (PROJECT / "ldct/report/page").rglob("*.html")
        names |= {word for page in pages for word in re.findall(r"\w+", page.read_text())}
    return names


def leaves(kind: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of `kind` and of the models in them, but for digests, which stand for data outside."""
    fields: dict[str, FieldInfo] = {}
    for name, field in kind.model_fields.items():
        if "content" in field.metadata or "content" in str(field.annotation):
            continue
        fields[name] = field
        for part in (field.annotation, *_inside(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                fields |= leaves(part)
    return fields


def _inside(annotation: object) -> list[object]:
    return [deeper for part in get_args(annotation) for deeper in (part, *_inside(part))]


def unread(stage: type[Stage], spec: type[StageSpec]) -> list[str]:
    own = names_read(stage)
    # Parts of parts may be handed on as a whole; somebody must read them.
    anybody = own.union(*(names_read(other) for other in stages()))
    return [name for name in leaves(spec) if name not in (own if name in spec.model_fields else anybody)]


@pytest.mark.parametrize("stage", stages(), ids=lambda stage: stage.name())
def test_a_spec_holds_nothing_that_no_code_reads(stage):
    assert unread(stage, stage.Spec) == []


def test_what_a_spec_does_counts_as_code():
    """The analysis asks its settings for the policy: a verdict in other words makes other tables."""
    from ldct.stages.consistency import Consistency

    reached = reachable(*entries(Consistency))
    assert {"ldct.statistics.policy.losses:OfLosses.compare", "ldct.statistics.settings:Settings.rng"} <= set(reached)


def test_a_field_that_nobody_reads_is_seen():
    from ldct.stages.train import Train

    class Spec(Train.Spec):
        moon_phase: float = 0.0
        standing_for_files: Annotated[str, "content"] = ""

    assert unread(Train, Spec) == ["moon_phase"]


@pytest.mark.parametrize("stage", stages(), ids=lambda stage: stage.name())
def test_a_stage_has_a_rule_and_a_script_that_takes_its_parts(stage):
    rules = "\n".join(path.read_text() for path in sorted((PROJECT / "rules").glob("*.smk")))
    assert len(re.findall(rf"^\s+command\({stage.__name__}\)", rules, re.MULTILINE)) == 1
    script = (PROJECT / "workflow_scripts" / f"{stage.name()}.py").read_text()
    assert f"from {stage.__module__} import {stage.__name__}\n" in script and f"main({stage.__name__})" in script
    assert len(script.splitlines()) < 12
    options = {option for action in parser(stage)._actions for option in action.option_strings}
    assert set(re.findall(r"--[\w-]+", command(stage))) <= options
    assert stage.__doc__ and parser(stage).format_help()


def test_planning_needs_neither_torch_nor_pandas():
    code = f"import sys, importlib\nfor m in {MODULES}: importlib.import_module(m)\n"
    code += "print([m for m in ('torch', 'pandas', 'numba', 'snakemake', 'pyarrow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
