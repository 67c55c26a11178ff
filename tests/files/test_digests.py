"""Every changed bit of a recorded result is noticed, and nothing else is."""

from __future__ import annotations

import json
import random
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ldct.__main__ import main as ldct
from ldct.digests import altered, forget, record, record_path, recorded, require_unaltered
from ldct.errors import InputError, LdctError
from ldct.stages.base import Stage, StageInputs, StageOutputs
from ldct.stages.running import main
from ldct.stages.train import Train
from ldct.tables import read_table, write_table


def flip(path: Path, chance: random.Random) -> None:
    """Turn one bit of a file."""
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


@pytest.fixture
def study(tmp_path, monkeypatch) -> Path:
    """A table, a folder and a training with its checkpoint, all recorded."""
    monkeypatch.chdir(tmp_path)
    schema = pa.schema([pa.field("slice", pa.int32(), nullable=False), pa.field("value", pa.float64())])
    table = pa.table({"slice": range(500), "value": np.linspace(0, 1, 500)}, schema)
    write_table("results/metrics/fold0.parquet", table, schema)
    for name in ("a", "deep/b"):
        write_table(f"results/consistency/{name}.parquet", table, schema)
    run = Path("results/models/net/mse/fold0/seed0")
    (run / "checkpoints").mkdir(parents=True)
    (run / "checkpoints/epoch0001.safetensors").write_bytes(b"weights")
    (run / "run.json").write_text('{"status": "completed"}')
    record(Path("results/metrics/fold0.parquet"))
    record(Path("results/consistency"))
    outputs = Train.Outputs(weights=run / "w", history=run / "h", run=run / "run.json")
    record(run / "run.json", Train().beside(outputs)["run"])
    return tmp_path


def test_every_flipped_bit_is_noticed(study):
    chance = random.Random(0)
    files = sorted(path for path in Path("results").rglob("*") if path.is_file() and ".digests" not in path.parts)
    assert len(files) == 5
    unnoticed = 0
    for number in range(100):
        path = files[number % len(files)]
        before = path.read_bytes()
        flip(path, chance)
        seen = {file for place in recorded(Path("results")) for file, _ in altered(place)}
        unnoticed += seen != {path}
        path.write_bytes(before)
    assert unnoticed == 0


def test_nothing_is_noticed_where_nothing_changed_though_copied_and_touched(study):
    assert ldct(["verify"]) == 0
    shutil.copytree("results", "elsewhere/results")
    for path in Path("elsewhere/results").rglob("*"):
        path.touch()
    Path("elsewhere/results/consistency/.snakemake_timestamp").touch()
    assert ldct(["verify", "elsewhere/results"]) == 0


def test_verify_names_the_file_and_sets_it_aside(study, capsys):
    flip(Path("results/consistency/deep/b.parquet"), random.Random(1))
    (study / "results/models/net/mse/fold0/seed0/checkpoints/epoch0001.safetensors").write_bytes(b"weightz")
    assert ldct(["verify"]) == 1
    said = capsys.readouterr().out
    assert "results/consistency/deep/b.parquet: other bytes than its job wrote" in said
    assert "epoch0001.safetensors: other bytes" in said
    assert "1 results verified" not in said and "2 changed" in said and "--set-aside" in said
    assert ldct(["verify", "--set-aside"]) == 1
    assert not Path("results/consistency").exists()
    assert Path("results/consistency.damaged/a.parquet").is_file()
    assert ldct(["verify"]) == 0


def test_a_removed_and_an_added_file_of_a_folder_are_noticed(study):
    Path("results/consistency/a.parquet").unlink()
    Path("results/consistency/new.csv").write_text("x")
    said = {path.name: what for path, what in altered(Path("results/consistency"))}
    assert said == {"a.parquet": "no such file", "new.csv": "a file that its job did not write"}


def test_a_result_that_is_gone_is_no_mistake(study):
    Path("results/metrics/fold0.parquet").unlink()
    assert ldct(["verify"]) == 0


def test_a_damaged_record_is_noticed(study):
    place = record_path(Path("results/metrics/fold0.parquet"))
    assert place == Path("results/.digests/metrics/fold0.parquet.json")
    place.write_text("[")
    assert [what for _, what in altered(Path("results/metrics/fold0.parquet"))]


def test_a_file_outside_of_results_has_no_record(tmp_path):
    assert record_path(tmp_path / "manifest.csv") is None
    record(tmp_path / "manifest.csv")
    forget(tmp_path / "manifest.csv")


def test_a_folder_without_records_is_refused(tmp_path):
    with pytest.raises(InputError, match="no records of results"):
        from ldct.study.verify import main as verify

        verify([str(tmp_path)])


class Copy(Stage):
    """Copy a file."""

    needs_check = False

    class Inputs(StageInputs):
        source: Path

    class Outputs(StageOutputs):
        copied: Path = Path("results/copy.json")

    @staticmethod
    def run(inputs: Inputs, outputs: Outputs) -> None:
        if inputs.source.read_text() == "killed":
            raise LdctError("killed")
        outputs.copied.write_bytes(inputs.source.read_bytes())


def test_a_job_records_what_it_writes_and_refuses_what_has_changed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    source, copy = Path("results/source.json"), Path("results/copy.json")
    call = ["--source", str(source), "--output-copied", str(copy)]
    source.write_text(json.dumps({"a": 1}))
    # Nothing is recorded of the source: it is taken as it is.
    main(Copy, call)
    assert recorded(Path("results")) == [copy]
    assert not list(altered(copy))
    record(source)
    source.write_text("killed")
    with pytest.raises(SystemExit):
        main(Copy, call)
    said = capsys.readouterr().err
    assert "results/source.json: other bytes than its job wrote" in said and "makes them anew" in said
    assert not source.exists() and Path("results/source.json.damaged").exists()
    # What a failed job leaves is of no known bytes.
    source.write_text("killed")
    with pytest.raises(SystemExit):
        main(Copy, call)
    assert recorded(Path("results")) == []


def test_all_changed_inputs_are_in_one_message(study):
    for name in ("metrics/fold0.parquet", "consistency/a.parquet"):
        flip(Path("results", name), random.Random(2))
    with pytest.raises(LdctError) as caught:
        require_unaltered([Path("results/metrics/fold0.parquet"), Path("results/consistency")])
    assert "metrics/fold0.parquet" in str(caught.value) and "consistency/a.parquet" in str(caught.value)


def test_a_flipped_bit_of_the_pages_is_noticed_by_any_reader(study):
    """Parquet's own checksums, for those who read a table by itself."""
    schema = pa.schema([pa.field("slice", pa.int32(), nullable=False), pa.field("value", pa.float64())])
    path = Path("results/metrics/fold0.parquet")
    content = bytearray(path.read_bytes())
    # Pages stand before the index at the end, the length of which is in the last bytes.
    end = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    chance, unnoticed = random.Random(3), 0
    for _ in range(40):
        damaged = bytearray(content)
        damaged[chance.randrange(4, end)] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        with suppress(InputError):
            unnoticed += read_table(path, schema).num_rows >= 0
    path.write_bytes(content)
    assert read_table(path, schema).num_rows == 500
    assert unnoticed == 0
