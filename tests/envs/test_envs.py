"""Each rule's environment names exactly what its code imports, and every rule has what Snakemake's users expect."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ldct.filters.declared import FILTERS
from ldct.lesions.declared import CHANNELS, MEASURES
from ldct.losses.declared import TERMS
from ldct.metrics.declared import METRICS
from ldct.models.declared import NETWORKS
from ldct.stages.planning import entries as entries_of
from ldct.study.code import reachable

PROJECT = Path(__file__).resolve().parents[2]
# Import name -> conda package, where they differ.
PACKAGE = {
    "PIL": "pillow",
    "torch": "pytorch",
    "scikit_posthocs": "scikit-posthocs",
    "SimpleITK": "simpleitk",
    "skimage": "scikit-image",
    "pydantic_core": "pydantic",
}
# pydicom finds its decoders as plugins: nothing imports them by name. Progress is no part of the code of a result.
PLUGINS = {"raw": {"pylibjpeg", "pylibjpeg-openjpeg", "pyjpegls", "python-gdcm"}, "training": {"tqdm"}}
# Classes that the rules of an environment run by name.
CHOSEN = {
    "training": [one.path for kind in (TERMS, NETWORKS) for one in kind.values()],
    # The check runs losses and networks too.
    "metrics": [one.path for kind in (METRICS, FILTERS, TERMS, NETWORKS, CHANNELS) for one in kind.values()],
    "statistics": [one.path for kind in (CHANNELS, MEASURES) for one in kind.values()],
}


def rules() -> dict[str, str]:
    """Name -> text of every rule."""
    found = {}
    for path in sorted((PROJECT / "rules").glob("*.smk")):
        parts = re.split(r"^rule (\w+):$", path.read_text(), flags=re.MULTILINE)
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return found


RULES = rules()
ENVIRONMENTS = sorted({re.search(r'"\.\./envs/(\w+)\.yaml"', text)[1] for text in RULES.values()})


def stage_of(rule: str) -> tuple[str, str]:
    """Module and class of the stage of a rule."""
    name = re.search(r"command\((\w+)\)", RULES[rule])[1]
    return next(
        (f"ldct.stages.{script.stem}", name)
        for script in (PROJECT / "workflow_scripts").glob("*.py")
        if re.search(rf"^from ldct\.stages\.\w+ import {name}$", script.read_text(), re.MULTILINE)
    )


def imported(modules: set[str], deep: bool = True) -> set[str]:
    """Packages from elsewhere that the files of `modules` import, those for types alone left out.

    deep: what functions import counts too.
    """
    names: set[str] = set()
    for module in modules:
        origin = importlib.util.find_spec(module).origin
        tree = ast.parse(Path(origin).read_text() if origin else "")
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                node.body = []
        for node in ast.walk(tree) if deep else tree.body:
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return {PACKAGE.get(name, name) for name in names - set(sys.stdlib_module_names) - {"ldct"}}


def named(environment: str) -> set[str]:
    """Packages of an environment file, python and pip left out."""
    found = set()
    for item in yaml.safe_load((PROJECT / f"envs/{environment}.yaml").read_text())["dependencies"]:
        entries = item["pip"] if isinstance(item, dict) else [item]
        found |= {re.split(r"[ =<>]", entry)[0] for entry in entries}
    return found - {"python", "pip"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environment_names_what_its_rules_import(environment):
    entries = ["ldct.stages.running:main", *CHOSEN.get(environment, [])]
    planned = {"ldct.stages.running"}
    for rule, text in RULES.items():
        if f"envs/{environment}.yaml" in text:
            module, stage = stage_of(rule)
            entries += entries_of(getattr(importlib.import_module(module), stage))
            planned |= loaded(module)
    run = {part.partition(":")[0] for part in reachable(*entries)}
    assert named(environment) == imported(run) | imported(planned, deep=False) | PLUGINS.get(environment, set())


def loaded(module: str) -> set[str]:
    """Modules of ldct that Python loads with `module`, what functions import left out."""
    code = f"import sys, {module}; print('\\n'.join(n for n in sys.modules if n.split('.')[0] == 'ldct'))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environment_is_pinned(environment):
    content = yaml.safe_load((PROJECT / f"envs/{environment}.yaml").read_text())
    assert content["channels"] == ["conda-forge", "nodefaults"]
    for item in content["dependencies"]:
        for entry in item["pip"] if isinstance(item, dict) else [item]:
            assert entry == "pip" or re.fullmatch(r"[\w.-]+ ==?\d+(\.\d+)+", entry), entry


def test_no_environment_is_unused():
    assert {path.stem for path in (PROJECT / "envs").glob("*.yaml")} == set(ENVIRONMENTS)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_rule_has_log_benchmark_conda_and_shell(rule):
    for word in ("log:", "benchmark:", "conda:", "resources:", "message:", "**params_of(", "shell:"):
        assert word in RULES[rule], f"{rule} lacks {word}"
    assert not re.search(r"^\s+run:", RULES[rule], re.MULTILINE)
