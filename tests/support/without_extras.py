"""Python as a user has it: only what pyproject.toml asks for can be imported."""

from __future__ import annotations

import importlib.metadata as metadata
import os
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[2]
# What every virtual environment has.
BARE = {"pip"}
REFUSAL = """
import pkgutil
import sys

ABSENT = {absent}
every_module = pkgutil.iter_modules


class Refusal:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {{name!r}} among what ldct asks for", name=name)


def modules(path=None, prefix=""):
    # Snakemake looks for its plugins so.
    return (module for module in every_module(path, prefix) if module.name not in ABSENT)


sys.meta_path.insert(0, Refusal())
pkgutil.iter_modules = modules
"""


def required() -> set[str]:
    """Names of the distributions that installing ldct brings, dependencies of dependencies included."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    waiting = [Requirement(text) for text in project["dependencies"]]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            try:
                further = [Requirement(text) for text in metadata.requires(name) or ()]
            except metadata.PackageNotFoundError:
                continue
            waiting += [item for item in further if item.marker is None or item.marker.evaluate({"extra": extra})]
    return {name for name, _ in seen}


def absent_modules() -> set[str]:
    """Top-level modules of this environment that a user's would not have."""
    present = required() | BARE | {"ldct"}
    return {
        module
        for module, distributions in metadata.packages_distributions().items()
        if not {canonicalize_name(name) for name in distributions} & present
    }


def python_path(folder: Path) -> str:
    """A PYTHONPATH with which every Python refuses to import `absent_modules`; `folder` gets a file for it."""
    (folder / "sitecustomize.py").write_text(REFUSAL.format(absent=sorted(absent_modules())))
    return os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
