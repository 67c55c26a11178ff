"""The container recipes name files that exist, a Python that the package accepts, and extras that it has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

PROJECT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
PACKAGE = PYPROJECT["project"]
CARRIED = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]


@pytest.mark.parametrize("recipe", ["Dockerfile", "ldct.def"])
def test_recipe(recipe):
    text = (PROJECT / "containers" / recipe).read_text()
    version = re.search(r"^(?:FROM|From:) python:(\d+\.\d+)-slim", text, re.MULTILINE)
    assert version and SpecifierSet(PACKAGE["requires-python"]).contains(version[1])
    if recipe == "Dockerfile":
        copied = [name for line in re.findall(r"^COPY (.*) /opt", text, re.MULTILINE) for name in line.split()]
    else:
        copied = re.findall(r"^    (\S+) /opt/ldct/\S+$", text, re.MULTILINE)
    carried = {name.split("/")[0] for name in CARRIED}
    assert sorted(copied) == sorted({"LICENSE", "README.md", "ldct", "pyproject.toml", *carried})
    for name in copied:
        assert (PROJECT / name).exists()
    # What the build of the package reads beside its modules.
    assert {PACKAGE["readme"], *PACKAGE["license-files"]} <= set(copied)
    extras = re.findall(r"/opt/ldct\[(\w+)\]", text)
    assert extras and set(extras) <= set(PACKAGE["optional-dependencies"])
