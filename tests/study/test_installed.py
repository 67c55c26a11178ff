"""An installed ldct carries its workflow: it runs from a wheel, in any folder, and as a module of another workflow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from ldct.__main__ import main
from ldct.errors import ConfigError
from ldct.study import run

PROJECT = Path(__file__).resolve().parents[2]
# Raw data, images, the check and the catalogue: one job of each kind of source.
SOME = ["results/check/card.json", "results/metrics/catalogue.parquet", "results/images/synthA/full.parquet"]
# A workflow of somebody else's.
OUTER = """
configfile: "config.yaml"


module ldct:
    snakefile:
        "{snakefile}"
    config:
        config
    prefix:
        "first"


use rule * from ldct
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder of packages that holds the wheel of this checkout and nothing else."""
    wheels, packages = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("packages")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(wheels)]
    done = subprocess.run([*build, str(PROJECT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
        wheel.extractall(packages)
    return packages


@pytest.fixture
def study(tmp_path) -> Path:
    """A folder with a small study, outside of any checkout."""
    shutil.copy(PROJECT / "tests/slurm/patients.csv", tmp_path / "patients.csv")
    config = yaml.safe_load((PROJECT / "tests/crash/study.yaml").read_text())
    config["cohort"]["manifest"] = "patients.csv"
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    return tmp_path


def call(command: list[str], folder: Path, packages: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of Python in `folder`, where ldct is found in `packages`."""
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    return subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.study
def test_a_study_runs_from_the_wheel(installed, study):
    done = call(["-m", "ldct", "run", "config.yaml", "--cores", "2", *SOME], study, installed)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    assert all((study / path).is_file() for path in SOME)
    assert str(installed / "ldct/workflow/Snakefile") in said or "Building DAG" in said
    # The jobs found the wheel's package, not this checkout.
    assert (study / ".snakemake/ldct/ldct").resolve() == installed / "ldct"
    again = call(["-m", "ldct", "run", "config.yaml", "--", *SOME], study, installed)
    assert "Nothing to be done" in again.stdout + again.stderr


@pytest.mark.study
def test_as_a_module_with_a_prefix_everything_lies_below_it(installed, study):
    (study / "Snakefile").write_text(OUTER.format(snakefile=installed / "ldct/workflow/Snakefile"))
    wanted = [f"first/{path}" for path in SOME]
    done = call(["-m", "snakemake", "--cores", "2", *wanted], study, installed)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert all((study / path).is_file() for path in wanted)
    assert not [path for path in (study / "results").rglob("*") if path.is_file() and ".code" not in path.parts]


def test_the_wheel_has_all_of_the_workflow(installed):
    carried = installed / "ldct/workflow"
    for part in ("Snakefile", "rules", "workflow_scripts", "envs", "profiles", "config/presets"):
        source = PROJECT / part
        files = [source] if source.is_file() else [path for path in source.rglob("*") if path.is_file()]
        for path in files:
            if "__pycache__" not in path.parts:
                assert (carried / path.relative_to(PROJECT)).read_bytes() == path.read_bytes()


def test_run_takes_files_presets_and_options(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my.yaml").write_text("")
    called: list[list[str]] = []
    monkeypatch.setattr(run.subprocess, "call", lambda command: called.append(command) or 0)
    assert main(["run", "literature", "my.yaml", "--cores", "4", "-n"]) == 0
    assert main(["run", "my.yaml"]) == 0
    first, second = called
    assert first[first.index("--configfile") + 1 :][:2] == [str(PROJECT / "config/presets/literature.yaml"), "my.yaml"]
    assert first[-3:] == ["--cores", "4", "-n"] and first.count("--cores") == 1
    assert second[-2:] == ["--cores", "all"]


def test_an_unknown_file_is_named_with_what_there_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"literatur: no such file or preset.*literature"):
        run.main(["literatur"])
