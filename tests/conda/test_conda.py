"""`snakemake --sdm conda` with the env files as they are: each rule in its env, and what a change of an env reruns."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conda.stub_channel import make_conda, pins, write_channel
from tests.support.study_folder import PROJECT, StudyFolder

pytestmark = pytest.mark.conda

VENV = Path(os.environ.get("LDCT_CONDA_VENV", ".venv-conda")).resolve()
RULES = re.compile(r"^rule (\w+):$(.*?)(?=^rule |\Z)", re.MULTILINE | re.DOTALL)


@dataclass
class Conda:
    """A finished study in conda envs, and how to go on with it."""

    folder: StudyFolder
    environment: dict[str, str]
    said: str = ""

    def snakemake(self, *options: str) -> subprocess.CompletedProcess[str]:
        command = self.folder.command("--cores", "2", "--sdm", "conda", *options)
        return subprocess.run(command, cwd=self.folder.path, capture_output=True, text=True, env=self.environment)

    def planned(self) -> Counter[str]:
        done = self.snakemake("--dry-run", "--printshellcmds")
        assert done.returncode == 0, done.stdout + done.stderr
        return Counter(re.findall(r"tee results/logs/([a-z_]+)", done.stdout + done.stderr))


@pytest.fixture(scope="module")
def conda(tmp_path_factory) -> Conda:
    base = tmp_path_factory.mktemp("conda")
    write_channel(base / "tool/channels", pins(PROJECT / "envs"))
    folder = StudyFolder.copy(base / "study", config="tests/conda/study.yaml")
    made = Conda(folder, make_conda(VENV, base / "tool"))
    done = made.snakemake()
    made.said = done.stdout + done.stderr
    assert done.returncode == 0, made.said[-6000:]
    return made


def test_every_rule_ran_in_the_env_it_names(conda):
    """Each env was made once, and every job's command was run with one activated."""
    envs = conda.folder.path / ".snakemake/conda"
    made = {path.read_text() for path in envs.glob("*.yaml")}
    named = {name for text in rules().values() for name in re.findall(r'conda:\s+"\.\./envs/(\w+\.yaml)"', text)}
    assert made == {(PROJECT / "envs" / name).read_text() for name in named}
    for env in envs.glob("*_"):
        assert (env / "bin/python").is_file()
        assert (env / "conda-meta/history").is_file()
        assert f"Activating conda environment: .snakemake/conda/{env.name}" in conda.said


def rules() -> dict[str, str]:
    found = {}
    for path in (PROJECT / "rules").glob("*.smk"):
        found |= dict(RULES.findall(path.read_text()))
    return found


def test_the_same_bytes_as_in_the_plain_environment(conda, tmp_path):
    plain = StudyFolder.copy(tmp_path / "plain", config="tests/conda/study.yaml")
    done = plain.run()
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    for name in ("metrics/metrics.parquet", "consistency/loss_values.parquet", "cohort/split.parquet"):
        ours, theirs = (folder.path / "results" / name for folder in (conda.folder, plain))
        assert ours.read_bytes() == theirs.read_bytes(), name


@pytest.mark.parametrize("env", ["training.yaml", "report.yaml"])
def test_an_edited_env_reruns_exactly_its_rules(conda, env):
    """And what reads their output: a job is planned if its own env, or that of a job before it, was edited."""
    path = conda.folder.path / "envs" / env
    text = path.read_text()
    own = {name for name, body in rules().items() if f"../envs/{env}" in body}
    path.write_text(text.replace("dependencies:", "dependencies:\n  - tzdata =2025"))
    try:
        planned = conda.planned()
    finally:
        path.write_text(text)
    ran = {path.name.split(".")[0] for path in (conda.folder.path / "results/logs").iterdir()}
    expected = own & ran
    assert expected <= set(planned)
    for name in set(planned) - expected:
        assert name in after(expected), f"{name} does not depend on {env}"


# What follows a rule in the flow of data.
NEXT = {
    "simulate": {"images", "lesions"},
    "images": {"cohort", "gather", "patches", "panels", "lesions"},
    "gather": {"lesion_anchors", "predict", "validity", "panels", "provenance", "evaluate", "curves"},
    "patches": {"calibrate", "train"},
    "calibrate": {"train"},
    "train": {"predict", "report", "consistency", "regions"},
    "predict": {"evaluate", "curves", "panels", "regions"},
    "curves": {"physics"},
    "physics": {"report"},
    "lesions": {"gather_lesions"},
    "gather_lesions": {"regions", "lesion_anchors", "observe"},
    "regions": {"observe", "conspicuity"},
    "lesion_anchors": {"observe", "conspicuity"},
    "observe": {"collect_metrics", "conspicuity"},
    "conspicuity": {"report"},
    "evaluate": {"collect_metrics"},
    "catalogue": {"consistency", "report"},
    "validity": {"report"},
    "collect_metrics": {"consistency", "report", "provenance"},
    "consistency": {"report", "provenance"},
    "cohort": {"report"},
    "panels": {"report"},
}


def after(names: set[str]) -> set[str]:
    found: set[str] = set()
    front = set(names)
    while front:
        front = {later for name in front for later in NEXT.get(name, ())} - found
        found |= front
    return found


def test_a_bad_pin_is_named_before_anything_runs(conda):
    path = conda.folder.path / "envs/tables.yaml"
    text = path.read_text()
    path.write_text(text.replace("pyarrow =", "pyarrow =99"))
    try:
        done = conda.snakemake("--conda-create-envs-only")
    finally:
        path.write_text(text)
    assert done.returncode != 0
    assert "pyarrow" in done.stdout + done.stderr


def test_an_env_file_without_a_pin_is_refused(tmp_path):
    (tmp_path / "a.yaml").write_text("dependencies: [numpy]")
    with pytest.raises(ValueError, match=r"a\.yaml: 'numpy' is not pinned"):
        pins(tmp_path)
