"""Each rule's environment names exactly what its code imports, and every rule has what Snakemake's users expect."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

from ldct.losses.declared import TERMS
from ldct.metrics.declared import METRICS
from ldct.models.declared import NETWORKS
from ldct.study.code import closure

PROJECT = Path(__file__).resolve().parents[2]
# Import name -> conda package, where they differ.
PACKAGE = {
    "PIL": "pillow",
    "torch": "pytorch",
    "scikit_posthocs": "scikit-posthocs",
    "SimpleITK": "simpleitk",
    "skimage": "scikit-image",
}
# pydicom finds its decoders as plugins: nothing imports them by name.
PLUGINS = {"raw": {"pylibjpeg", "pylibjpeg-openjpeg", "pyjpegls"}}
BUILTIN_FILES = {
    "training": [kind.source_file(name) for kind in (TERMS, NETWORKS) for name in kind],
    "metrics": [METRICS.source_file(name) for name in METRICS],
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


def imported(files: list[Path]) -> set[str]:
    """Top-level packages that the files import, at any depth, the standard library and this package left out."""
    found = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return {PACKAGE.get(name, name) for name in found - set(sys.stdlib_module_names) - {"ldct"}}


def named(environment: str) -> set[str]:
    """Packages of an environment file, python and pip left out."""
    found = set()
    for item in yaml.safe_load((PROJECT / f"envs/{environment}.yaml").read_text())["dependencies"]:
        entries = item["pip"] if isinstance(item, dict) else [item]
        found |= {re.split(r"[ =<>]", entry)[0] for entry in entries}
    return found - {"python", "pip"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environment_names_what_its_rules_import(environment):
    files = list(BUILTIN_FILES.get(environment, []))
    for text in RULES.values():
        if f"envs/{environment}.yaml" in text:
            script = PROJECT / "workflow_scripts" / re.search(r'script=script\("(\w+\.py)"\)', text)[1]
            files += closure(files=[script])
    assert named(environment) == imported(closure(files=files)) | PLUGINS.get(environment, set())


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
    for word in ("log:", "benchmark:", "conda:", "resources:", "message:", "code=", "shell:"):
        assert word in RULES[rule], f"{rule} lacks {word}"
    assert not re.search(r"^\s+run:", RULES[rule], re.MULTILINE)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_rule_lists_the_code_of_its_script(rule):
    """The modules a script imports are in the code closure the rule names."""
    text = RULES[rule]
    script = PROJECT / "workflow_scripts" / re.search(r'script=script\("(\w+\.py)"\)', text)[1]
    stage = re.findall(r"from (ldct\.[\w.]+) import ", script.read_text().split("def main")[1])[-1]
    named_modules = re.findall(r'code\("(ldct[\w.]+)"\)', text)
    functions = {
        "train_code": "ldct.training.run",
        "predict_code": "ldct.inference.predict",
        "calibrate_code": "ldct.training.calibration",
        "search_code": "ldct.training.search",
        "regions_code": "ldct.lesions.regions",
    }
    named_modules += [module for name, module in functions.items() if name in text]
    if "METRICS_CODE" in text:
        named_modules.append("ldct.metrics.evaluate")
    assert stage in named_modules
    assert re.search(r"^    params:\n(        .*\n)*        code=", text, re.MULTILINE), "code is a parameter"
