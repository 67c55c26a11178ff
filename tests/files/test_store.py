"""A job like an earlier one takes its files from the store; a job that differs in anything that matters does not."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from ldct.__main__ import main as ldct
from ldct.digests import altered
from ldct.files import link
from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.running import main
from ldct.store import entries

RUNS: list[str] = []


class Dear(Stage):
    """Write a file, a folder, and a file beside."""

    needs_check = False
    stored = ("torch",)

    class Spec(StageSpec):
        weight: float = 1.0

    class Inputs(StageInputs):
        source: list[Path]

    class Outputs(StageOutputs):
        run: Path = Path("results/models/{key}/run.json")
        tables: Folder = Path("results/tables")

    @classmethod
    def beside(cls, outputs):
        return {"run": [outputs.run.with_name("epoch1.bin")]}

    @classmethod
    def worth_keeping(cls, outputs):
        return json.loads(outputs.run.read_text())["status"] == "completed"

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        text = inputs.source[0].read_text()
        RUNS.append(text)
        (outputs.tables / "deep").mkdir(parents=True, exist_ok=True)
        (outputs.tables / "deep/a.csv").write_text(f"{text} {spec.weight}")
        outputs.run.parent.mkdir(parents=True, exist_ok=True)
        outputs.run.with_name("epoch1.bin").write_text(text)
        outputs.run.write_text(json.dumps({"status": "failed" if text == "fails" else "completed"}))


@pytest.fixture(autouse=True)
def study(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LDCT_STORE", raising=False)
    Path("results").mkdir()
    Path("results/source.txt").write_text("patches")
    RUNS.clear()
    return tmp_path


def job(name: str = "mse", source: str = "results/source.txt", code: str | None = "code 1", spec: str = "{}") -> bool:
    """Do the job; whether it computed."""
    before = len(RUNS)
    call = ["--spec", spec, "--source", source, "--output-run", f"results/models/{name}/run.json"]
    main(Dear, [*call, "--output-tables", "results/tables", *(["--code", code] if code else [])])
    assert Path(f"results/models/{name}/epoch1.bin").is_file() and Path("results/tables/deep/a.csv").is_file()
    assert not list(altered(Path(f"results/models/{name}/run.json")))
    return len(RUNS) > before


def test_an_equal_job_is_not_done_twice_whatever_it_is_called_and_wherever(study, caplog):
    assert job()
    shutil.rmtree("results/models")
    shutil.rmtree("results/tables")
    caplog.set_level("INFO", "ldct")
    assert not job()
    assert "taken from the store" in caplog.text
    # Another name of the loss, another place of the patches.
    Path("results/other").mkdir()
    shutil.copy("results/source.txt", "results/other/renamed.txt")
    assert not job("renamed", "results/other/renamed.txt")
    os.utime("results/source.txt", (1, 1))
    assert not job()
    # A copied folder of results carries it.
    shutil.copytree("results", "elsewhere/results")
    os.chdir("elsewhere")
    shutil.rmtree("results/models")
    assert not job()


@pytest.mark.parametrize("change", ["code", "spec", "bytes", "version"])
def test_what_matters_makes_it_anew(study, change, monkeypatch):
    assert job()
    if change == "code":
        assert job(code="code 2")
    elif change == "spec":
        assert job(spec='{"weight": 2.0}')
        assert Path("results/tables/deep/a.csv").read_text() == "patches 2.0"
    elif change == "bytes":
        Path("results/source.txt").write_text("patchez")
        assert job()
        assert Path("results/models/mse/epoch1.bin").read_text() == "patchez"
    else:
        monkeypatch.setattr("ldct.stages.running.versions", lambda: {"torch": "99"})
        assert job()
    assert len(entries(Path("results/.store"))) == 2


def test_a_version_of_ldct_alone_repeats_nothing(study, monkeypatch):
    assert job()
    monkeypatch.setattr("ldct.__version__", "9.9.9")
    assert not job()


def test_what_failed_is_tried_again(study):
    Path("results/source.txt").write_text("fails")
    assert job() and job()


def test_a_damaged_entry_is_made_anew(study):
    assert job()
    (entry,) = entries(Path("results/.store"))
    damaged = entry.folder / "0/by/epoch1.bin"
    damaged.unlink()
    damaged.write_text("patchez")
    assert job()
    assert Path("results/models/mse/epoch1.bin").read_text() == "patches"
    assert not job()


def test_it_can_be_shared_and_turned_off(study, monkeypatch):
    monkeypatch.setenv("LDCT_STORE", "off")
    assert job() and job()
    assert not Path("results/.store").exists()
    monkeypatch.setenv("LDCT_STORE", str(study / "group"))
    assert job() and not job()
    other = study / "second"
    (other / "results").mkdir(parents=True)
    shutil.copy("results/source.txt", other / "results/source.txt")
    monkeypatch.chdir(other)
    assert not job()
    # A change in the second study does not reach the first one's files.
    Path("results/models/mse/epoch1.bin").write_text("mine")
    assert (study / "results/models/mse/epoch1.bin").read_text() == "patches"


def test_without_a_digest_of_the_code_nothing_is_stored(study):
    assert job(code=None) and job(code=None)


def test_the_store_is_listed_and_pruned(study, capsys):
    assert job() and job(spec='{"weight": 2.0}')
    first, second = entries(Path("results/.store"))
    os.utime(first.folder / "entry.json", (1, 1))
    assert ldct(["store"]) == 0
    assert "2 entries" in capsys.readouterr().out
    assert ldct(["store", "--prune-days", "30"]) == 0
    assert [entry.folder for entry in entries(Path("results/.store"))] == [second.folder]
    assert ldct(["store", "--prune-gb", "0"]) == 0
    assert entries(Path("results/.store")) == []


def test_a_link_is_replaced(tmp_path):
    for target in ("a", "b"):
        (tmp_path / target).mkdir()
        link(tmp_path / "links/x", tmp_path / target)
        assert (tmp_path / "links/x").resolve() == tmp_path / target
