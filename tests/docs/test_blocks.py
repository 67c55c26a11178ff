"""What README and the documents tell a user to write or to type is what the programs take."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.cli import get_argument_parser
from snakemake.cli import parse_args as parse_snakemake

from ldct.__main__ import main
from ldct.config.load import load_files
from ldct.study.plan import Plan
from tests.support.study_folder import PROJECT, StudyFolder

DOCUMENTS = [PROJECT / "README.md", PROJECT / "config/README.md", *sorted((PROJECT / "docs").glob("*.md"))]
PATIENTS = "patient,kind,seed,region\n" + "".join(f"p{n},synthetic,{n},head\n" for n in range(10))
# What a document may ask for beside ldct, Snakemake and make.
OTHERS = {"git", "cd", "pip", "squeue", "xargs"}
# These need a cluster, a bucket or a finished study: their options are read, and tests of their own run them.
ELSEWHERE = {"--workflow-profile", "--default-storage-provider", "--report", "--sdm", "--touch", "--unlock"}


def blocks(language: str) -> list[Any]:
    """(document, text) of each fenced block of a language."""
    fenced = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [
        pytest.param(text, id=f"{path.relative_to(PROJECT)}-{number}")
        for path in DOCUMENTS
        for number, text in enumerate(fenced.findall(path.read_text()))
    ]


def commands() -> list[list[str]]:
    """The words of each command in a shell block, or in the running text where it begins with a program of ours."""
    lines = []
    for block in blocks("bash"):
        lines += block.values[0].replace("\\\n", " ").splitlines()
    for path in DOCUMENTS:
        prose = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
        lines += re.findall(r"`((?:ldct|snakemake|make) [^`]*)`", prose)
    split: list[list[str]] = []
    for line in lines:
        split.append([])
        for word in shlex.split(" ".join(line.split()), comments=True):
            if word in ("&&", "|", ";"):
                split.append([])
            else:
                split[-1].append(word)
    unique = {tuple(words): words for words in split if words}
    return list(unique.values())


COMMANDS = commands()


def of_program(name: str) -> list[Any]:
    return [pytest.param(words[1:], id=" ".join(words)[:60]) for words in COMMANDS if words[0] == name]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project with what a reader of README has by then: a manifest, my_losses.py and my.yaml."""
    folder = StudyFolder.copy(tmp_path_factory.mktemp("documents")).path
    (folder / "resources/demo").symlink_to(PROJECT / "resources/demo")
    (folder / "my_manifest.csv").write_text(PATIENTS)
    for name in ("reading/key.csv", "ratings.csv", "choices.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    for name, language in (("my_losses.py", "python"), ("my.yaml", "yaml")):
        text = next(block.values[0] for block in blocks(language) if block.values[0].startswith(f"# {name}\n"))
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        assert main(["aa", "my.yaml", "--loss", "mse", "--seeds", "5", "-o", "aa.yaml"]) == 0
    return folder


@pytest.mark.parametrize("text", blocks("yaml"))
def test_yaml_is_a_study_and_means_what_it_says(text, project, monkeypatch):
    monkeypatch.syspath_prepend(project)
    path = project / "block.yaml"
    path.write_text(text)
    configuration = load_files(path)
    study = Plan(configuration, weights_dir=PROJECT / "resources/weights").configuration.study
    said = yaml.safe_load(text)
    for section, values in said.items():
        for key, value in values.items():
            stands = getattr(study, section)
            held = stands[key] if isinstance(stands, dict) else getattr(stands, key)
            if isinstance(value, str | int | float | list | None) and not isinstance(stands, dict):
                assert held == value
            assert configuration.sources.of((section, key)) or configuration.sources.within((section, key))
    for named in {"losses", "models"} & set(said):
        ablations = {name for name in getattr(study, named) if "_without_" in name}
        assert set(getattr(study, named)) - ablations == set(said[named])


def test_the_network_of_readme_is_the_published_one(project):
    """'Chen 2017: width 96, 5 x 5 kernels', and the budget that the comment names."""
    from ldct.models.redcnn import REDCNN

    study = load_files(project / "my.yaml").study
    weights = REDCNN(**study.models["redcnn"].options).encoder[1].weight
    assert weights.shape == (96, 96, 5, 5)
    assert study.training.epochs * study.training.steps_per_epoch == 40_000


class Parsed(Exception):
    """The command line was understood."""


@pytest.mark.parametrize("words", of_program("ldct"))
def test_commands_of_ldct_exist(words, monkeypatch, capsys):
    if words[0] in ("why", "run"):
        # Their options are Snakemake's.
        files = [word for word in words[1:] if words[0] == "run" and word.endswith(".yaml")]
        parse_snakemake([word for word in words[1:] if word not in files])
        return
    parse = argparse.ArgumentParser.parse_args

    def parse_only(self, *args, **kwargs):
        parse(self, *args, **kwargs)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_only)
    try:
        with pytest.raises(Parsed):
            main([word.replace("...", "x") for word in words])
    except SystemExit as error:
        # Running text may name a command alone.
        said = capsys.readouterr().err
        assert error.code == 0 or (len(words) < 3 and "required" in said), said


@pytest.mark.parametrize("words", of_program("snakemake"))
def test_commands_of_snakemake_are_planned(words, project):
    get_argument_parser().parse_args(words)
    if ELSEWHERE & set(words):
        return
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *words, "--dry-run", "--quiet", "rules"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    assert re.search(r"^train +\d+$", done.stdout + done.stderr, re.MULTILINE)


@pytest.mark.parametrize("words", of_program("make"))
def test_targets_of_make_exist(words):
    done = subprocess.run(["make", "--dry-run", *words], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_nothing_else_is_asked_for():
    unknown = {words[0] for words in COMMANDS} - {"ldct", "snakemake", "make"} - OTHERS
    assert not unknown
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for words in COMMANDS:
        if words[:2] == ["pip", "install"]:
            assert re.search(r"\[(\w+)\]", words[-1])[1] in extras


def test_there_is_something_to_check():
    assert len(blocks("yaml")) >= 8 and len(COMMANDS) >= 25
    assert {words[1] for words in COMMANDS if words[0] == "ldct"} >= {"check", "manifest", "readers", "compare"}
