"""One file means one study: in `ldct check`, in Snakemake from any folder, in its jobs, and with the demo before it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.study_folder import PROJECT, StudyFolder

# Rules of the kind that Snakemake starts a process of its own for, which reads the Snakefile again.
TELL = """

from ldct.config.values import value_lines


rule told:
    output: "told/{n}.txt",
    params: n="{n}",
    run: Path(output[0]).write_text("\\n".join([*value_lines(CONFIGURATION), str(PLAN.file("cohort", "manifest"))]))


rule tell:
    input: "told/1.txt", "told/2.txt",
"""
MINE = """
losses: {mse: mse, mine: 0.5 * l1 + 1e-3 * tv}
training: {search: {learning_rates: [1e-3, 0.002]}}
evaluation: {slices_per_patient: null}
report: {assumptions: [Mine.]}
"""
PATIENTS = "patient,kind,seed,region\n" + "".join(f"p{n},synthetic,{n},head\n" for n in range(10))


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = StudyFolder.copy(tmp_path_factory.mktemp("project")).path
    (folder / "resources/demo").symlink_to(PROJECT / "resources/demo")
    with (folder / "Snakefile").open("a") as snakefile:
        snakefile.write(TELL)
    return folder


@pytest.fixture(params=["over the demo", "of other patients"])
def mine(request, tmp_path) -> Path:
    """A user's file in a folder of its own."""
    path = tmp_path / "mine/my.yaml"
    path.parent.mkdir()
    own = "cohort: {manifest: data/patients.csv}\n" if request.param == "of other patients" else ""
    path.write_text(MINE + own)
    (path.parent / "data").mkdir()
    (path.parent / "data/patients.csv").write_text(PATIENTS)
    return path


def run(*command: str | Path, cwd: Path, project: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(project)}
    words = [sys.executable, "-m", *map(str, command)]
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def checked(*files: str | Path, cwd: Path, project: Path) -> list[str]:
    return run("ldct", "check", "--values", *files, cwd=cwd, project=project).splitlines()


def told(project: Path, cwd: Path, results: Path, *options: str | Path) -> list[str]:
    """Values and manifest that two jobs of a real run see."""
    command = ["snakemake", "tell", "--cores", "1", "--quiet", "all", "--snakefile", project / "Snakefile", *options]
    run(*command, cwd=cwd, project=project)
    one, two = ((results / f"told/{n}.txt").read_text().splitlines() for n in (1, 2))
    assert one == two
    return one


def test_a_file_means_the_same_study_everywhere(project, mine, tmp_path):
    expected = checked(mine, cwd=tmp_path, project=project)
    assert checked("my.yaml", cwd=mine.parent, project=project) == expected
    assert checked("config/config.yaml", mine, cwd=project, project=project) == expected

    *values, manifest = told(project, mine.parent, mine.parent, "--configfile", "my.yaml")
    assert values == expected
    elsewhere = tmp_path / "elsewhere"
    options = ["--directory", elsewhere, "--configfile", "mine/my.yaml"]
    assert told(project, tmp_path, elsewhere, *options) == [*values, manifest]
    again = tmp_path / "again"
    options = ["--directory", again, "--configfile", "config/config.yaml", mine]
    assert told(project, project, again, *options) == [*values, manifest]
    own = "manifest" in mine.read_text()
    assert Path(manifest).resolve() == (
        mine.parent / "data/patients.csv" if own else PROJECT / "resources/demo/manifest.csv"
    )
    assert ("training.batch: 64  # default" if own else "training.batch: 8  # config.yaml") in values


def test_values_of_the_command_line_reach_every_job(project, mine, tmp_path):
    options = ["--directory", tmp_path / "here", "--configfile", mine, "--config"]
    words = ["training={epochs: 3, checkpoints: [1, 3]}", "models={r: {use: redcnn, options: {width: 4}}}"]
    *values, _ = told(project, tmp_path, tmp_path / "here", *options, *words)
    expected = {
        line.split(": ")[0]: line for line in checked(mine, cwd=tmp_path, project=project) if "models" not in line
    }
    expected |= {
        "training.epochs": "training.epochs: 3  # --config",
        "training.checkpoints": "training.checkpoints: [1,3]  # --config",
        "models.r": 'models.r: {"label":"","options":{"width":4},"use":"redcnn"}  # --config',
    }
    assert set(values) == set(expected.values())


def test_no_file_means_the_demo(project, tmp_path):
    *values, manifest = told(project, tmp_path, tmp_path, "--directory", tmp_path)
    assert values == checked(cwd=tmp_path, project=project)
    assert Path(manifest).resolve() == PROJECT / "resources/demo/manifest.csv"


def test_a_workflow_that_uses_this_one_as_a_module_gives_its_own_dict(project, tmp_path):
    """Not what Snakemake merged of its files for the workflow around it."""
    config = {"study": {"losses": {"mse": "mse", "theirs": "l1"}, "training": {"epochs": 9, "checkpoints": [9]}}}
    (tmp_path / "around.json").write_text(json.dumps(config))
    (tmp_path / "Snakefile").write_text(
        f'configfile: "around.json"\n\nmodule ldct:\n    snakefile: "{project}/Snakefile"\n'
        '    config: config["study"]\n\nuse rule * from ldct as ldct_*\n'
    )
    run("snakemake", "ldct_tell", "--cores", "1", "--quiet", "all", cwd=tmp_path, project=project)
    told = (tmp_path / "told/1.txt").read_text().splitlines()
    assert [line.split(":")[0] for line in told if line.startswith("losses.")] == ["losses.mse", "losses.theirs"]
    assert "training.epochs: 9  # configuration" in told and "training.batch: 8  # config.yaml" in told
    planned = run("snakemake", "ldct_all", "-n", "--quiet", "rules", cwd=tmp_path, project=project)
    assert "ldct_train" in planned
