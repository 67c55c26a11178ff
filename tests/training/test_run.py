"""A whole training: what it writes, that it learns, that it is repeatable, and how it fails."""

from __future__ import annotations

import copy
import json
import logging
import shutil
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from ldct.data.stream import PatchTables
from ldct.errors import ConfigError, InputError, UnavailableError
from ldct.stages.train import Train
from ldct.tables import read_table, write_table
from ldct.tables.history import HISTORY
from ldct.training.run import train


def outcome(output: Path) -> dict:
    return json.loads((output / "run.json").read_text())


def test_files_and_history(spec, patches, tmp_path, caplog):
    folder = tmp_path / "small/both/fold0/seed3"
    with caplog.at_level(logging.INFO, "ldct"):
        train(Train.Spec(**spec), patches, folder, tmp_path)
    run = outcome(folder)
    assert (run["status"], run["reason"], run["epoch"], run["step"]) == ("completed", None, 3, 36)
    assert (run["selected"], run["checkpoints"]) == (3, [1, 3])
    assert sorted(p.name for p in (folder / "checkpoints").iterdir()) == [
        "epoch0001.safetensors",
        "epoch0003.safetensors",
    ]
    assert (folder / "weights.safetensors").read_bytes() == (folder / "checkpoints/epoch0003.safetensors").read_bytes()
    assert not (folder / "resume.pt").exists()
    assert not list(tmp_path.rglob(".*"))
    history = read_table(folder / "history.parquet", HISTORY).to_pylist()
    assert [row["epoch"] for row in history] == [1, 2, 3]
    assert [row["step"] for row in history] == [12, 24, 36]
    for row in history:
        terms = {term["term"]: term for term in row["terms"]}
        assert [terms["mse"]["weight"], terms["l1"]["weight"]] == [1.0, 0.5]
        total = sum(term["weight"] * term["value"] for term in terms.values())
        assert total == pytest.approx(row["train_loss"], rel=1e-5)
        assert terms["l1"]["share"] == pytest.approx(0.5 * terms["l1"]["value"] / total)
        for share in ("share", "gradient_share"):
            assert sum(term[share] for term in terms.values()) == pytest.approx(1)
    lines = [record.getMessage() for record in caplog.records]
    assert any(line.startswith("small/both fold 0 seed 3: epoch 3/3, loss ") for line in lines)
    assert any("validation RMSE" in line and "images/s" in line and line.endswith(" left") for line in lines)


def test_events_are_tensorboards(spec, patches, tmp_path):
    train(Train.Spec(**spec), patches, tmp_path, tmp_path)
    (path,) = (tmp_path / "events").iterdir()
    found = {}
    for event in EventFileLoader(str(path)).Load():
        for value in event.summary.value:
            found[value.tag, event.step] = value.tensor.float_val[0] if value.HasField("tensor") else value.simple_value
    for row in read_table(tmp_path / "history.parquet", HISTORY).to_pylist():
        assert found["epoch/validation_rmse_hu", row["step"]] == pytest.approx(row["validation_rmse_hu"], rel=1e-6)
        assert found["term/mse/value", row["step"]] == pytest.approx(row["terms"][0]["value"], rel=1e-6)


def test_denoises_an_unseen_patient(spec, patches, tmp_path):
    spec["budget"].update(epochs=4, steps_per_epoch=80, batch=8, checkpoints=[4])
    spec["terms"] = spec["terms"][:1]
    train(Train.Spec(**spec), patches, tmp_path, tmp_path)
    low, full = PatchTables(patches, ["c"]).evenly_spaced(1000)
    noisy = float(np.sqrt(np.mean((low.astype(float) - full) ** 2)))
    rmse = [row["validation_rmse_hu"] for row in read_table(tmp_path / "history.parquet", HISTORY).to_pylist()]
    assert rmse[-1] < 0.8 * noisy
    assert rmse[-1] < rmse[0]


def test_equal_runs_give_equal_bytes_and_seeds_differ(spec, patches, tmp_path):
    other = copy.deepcopy(spec)
    other["seed"] = 4
    for name, one in (("x", spec), ("y", spec), ("z", other)):
        train(Train.Spec(**one), patches, tmp_path / name, tmp_path)
    for name in ("weights.safetensors", "checkpoints/epoch0001.safetensors", "history.parquet", "run.json"):
        assert (tmp_path / "x" / name).read_bytes() == (tmp_path / "y" / name).read_bytes()
    assert (tmp_path / "x/weights.safetensors").read_bytes() != (tmp_path / "z/weights.safetensors").read_bytes()


@pytest.mark.parametrize("rule", ["validation_rmse", "validation_loss"])
def test_checkpoint_rule_is_obeyed(spec, patches, tmp_path, rule):
    # A rate this high on so few steps ends worse than it was in between.
    spec["budget"].update(checkpoint_rule=rule, learning_rate=0.05, schedule="constant", checkpoints=[1, 2, 3])
    train(Train.Spec(**spec), patches, tmp_path, tmp_path)
    column = {"validation_rmse": "validation_rmse_hu"}.get(rule, rule)
    values = [row[column] for row in read_table(tmp_path / "history.parquet", HISTORY).to_pylist()]
    assert outcome(tmp_path)["selected"] == 1 + int(np.argmin(values))


BROKEN = """
import torch
from torch import nn

class TurnsBad(nn.Module):
    def __init__(self, *, intensity=None, weights_dir=None, calls=15, how="loss"):
        super().__init__()
        self.calls, self.how, self.seen = calls, how, 0

    def forward(self, prediction, target):
        self.seen += prediction.requires_grad
        error = (prediction - target).square().mean()
        if self.seen < self.calls:
            return error
        if self.how == "loss":
            return error * float("nan")
        # The square root has an infinite slope at 0 while its value is finite.
        return torch.sqrt((prediction - prediction.detach()).square()).sum()
"""


@pytest.mark.parametrize(("how", "words"), [("loss", "the loss is not finite"), ("gradient", "its gradient is not")])
def test_divergence_is_recorded_and_not_raised(spec, patches, tmp_path, monkeypatch, how, words):
    (tmp_path / "broken_term.py").write_text(BROKEN)
    monkeypatch.syspath_prepend(tmp_path)
    spec["terms"] = [{"use": "broken_term:TurnsBad", "weight": 1.0, "options": {"calls": 16, "how": how}}]
    train(Train.Spec(**spec), patches, tmp_path / "run", tmp_path)
    run = outcome(tmp_path / "run")
    assert run["status"] == "failed"
    assert words in run["reason"]
    assert "epoch 2" in run["reason"]
    assert (run["epoch"], run["selected"], run["checkpoints"]) == (1, None, [1])
    assert len(read_table(tmp_path / "run/history.parquet", HISTORY)) == 1
    weights = load_file(tmp_path / "run/weights.safetensors")
    assert weights
    assert all(np.isfinite(w).all() for w in weights.values())


BRITTLE = """
import torch
from torch import nn

class Brittle(nn.Module):
    def __init__(self, calls, error, **parts):
        super().__init__()
        self.calls, self.error, self.seen = calls, error, 0

    def forward(self, prediction, target):
        self.seen += prediction.requires_grad
        if self.seen == self.calls:
            raise {"memory": torch.OutOfMemoryError, "code": KeyError, "disk": OSError}[self.error]("/home/somebody")
        return (prediction - target).square().mean()
"""


@pytest.mark.parametrize(("error", "name"), [("memory", "OutOfMemoryError"), ("code", "KeyError")])
def test_an_error_is_recorded_and_can_be_tried_again(spec, patches, tmp_path, monkeypatch, caplog, error, name):
    (tmp_path / "brittle_term.py").write_text(BRITTLE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "brittle_term", raising=False)
    spec["terms"] = [{"use": "brittle_term:Brittle", "weight": 1.0, "options": {"calls": 16, "error": error}}]
    train(Train.Spec(**spec), patches, tmp_path / "run", tmp_path)
    run = outcome(tmp_path / "run")
    assert (run["status"], run["reason"]) == ("error", f"{name} at step 15 (epoch 2)"), "shares are measured too"
    assert len(read_table(tmp_path / "run/history.parquet", HISTORY)) == 1 and run["selected"] is None
    assert "somebody" not in (tmp_path / "run/run.json").read_text() and "--forcerun" in caplog.text
    # As the workflow does before it runs a job again: its outputs go, its state stays. It goes on after epoch 1.
    for file in ("run.json", "history.parquet", "weights.safetensors"):
        (tmp_path / "run" / file).unlink()
    train(Train.Spec(**spec), patches, tmp_path / "run", tmp_path)
    assert outcome(tmp_path / "run")["epoch"] == 2, "the count of calls began anew"


def test_a_full_disk_is_no_outcome_of_a_training(spec, patches, tmp_path, monkeypatch):
    (tmp_path / "brittle_term.py").write_text(BRITTLE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "brittle_term", raising=False)
    spec["terms"] = [{"use": "brittle_term:Brittle", "weight": 1.0, "options": {"calls": 3, "error": "disk"}}]
    with pytest.raises(OSError, match="somebody"):
        train(Train.Spec(**spec), patches, tmp_path / "run", tmp_path)
    assert not (tmp_path / "run/run.json").exists()


def test_runaway_output_is_divergence(spec, patches, tmp_path):
    spec["budget"].update(learning_rate=50.0, schedule="constant", gradient_clip=0.0)
    train(Train.Spec(**spec), patches, tmp_path, tmp_path)
    run = outcome(tmp_path)
    assert run["status"] == "failed"
    assert "epoch" in run["reason"]


def test_a_new_run_leaves_nothing_of_an_older_one(spec, patches, tmp_path):
    train(Train.Spec(**spec), patches, tmp_path, tmp_path)
    spec["budget"].update(checkpoints=[2], epochs=2)
    train(Train.Spec(**spec), patches, tmp_path, tmp_path)
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["epoch0002.safetensors"]
    assert len(list((tmp_path / "events").iterdir())) == 1


def test_without_validation_patches_the_last_epoch_stands(spec, patches, tmp_path):
    spec["validation"] = []
    spec["budget"]["checkpoint_rule"] = "validation_rmse"
    train(Train.Spec(**spec), patches, tmp_path, tmp_path)
    assert outcome(tmp_path)["selected"] == 3
    assert np.isnan(read_table(tmp_path / "history.parquet", HISTORY)["validation_rmse_hu"].to_numpy()).all()


def test_unusable_input(spec, patches, tmp_path):
    spec["train"] = []
    with pytest.raises(InputError, match="no patch of any training patient"):
        train(Train.Spec(**spec), patches, tmp_path, tmp_path)
    damaged = tmp_path / "damaged.parquet"
    shutil.copy(patches["a"], damaged)
    damaged.write_bytes(damaged.read_bytes()[:-100])
    spec["train"] = ["a"]
    with pytest.raises(InputError, match=r"damaged\.parquet"):
        train(Train.Spec(**spec), {**patches, "a": damaged}, tmp_path, tmp_path)


def test_cuda_where_there_is_none(spec, patches, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    spec["budget"]["device"] = "cuda"
    with pytest.raises(UnavailableError, match="no CUDA device"):
        train(Train.Spec(**spec), patches, tmp_path, tmp_path)


def without_patches(patches, patient: str, folder: Path) -> dict[str, Path]:
    """The tables of `patches`, that of one patient as its rejection leaves it."""
    table = pq.read_table(patches[patient])
    path = folder / f"{patient}.parquet"
    write_table(path, table.slice(0, 0), table.schema)
    return {**patches, patient: path}


def test_a_rejected_validation_patient_is_replaced_and_noted(spec, patches, tmp_path):
    names = [*spec["validation"], *spec["train"]]
    ordered = spec | {"order": [[name] for name in names]}
    refused, next_one = names[0], names[1]
    train(Train.Spec(**ordered), without_patches(patches, refused, tmp_path), tmp_path / "run", tmp_path)
    run = outcome(tmp_path / "run")
    assert run["notes"] == [f"rejected: {refused} of validation; {next_one} validates instead"]
    history = read_table(tmp_path / "run/history.parquet", HISTORY).to_pylist()
    assert all(np.isfinite(row["validation_rmse_hu"]) for row in history)
    # As if it had been planned so.
    planned = spec | {"train": names[2:], "validation": [next_one]}
    train(Train.Spec(**planned), patches, tmp_path / "planned", tmp_path)
    assert outcome(tmp_path / "planned")["notes"] == []
    assert (tmp_path / "run/weights.safetensors").read_bytes() == (
        tmp_path / "planned/weights.safetensors"
    ).read_bytes()


def test_nobody_left_to_validate_on_stops_the_training(spec, patches, tmp_path):
    alone = spec | {"train": spec["train"][:1], "order": [spec["validation"], spec["train"][:1]]}
    gone = without_patches(patches, spec["validation"][0], tmp_path)
    with pytest.raises(ConfigError, match="no patches to validate on: of 2 patients outside this fold 1 have any"):
        train(Train.Spec(**alone), gone, tmp_path / "run", tmp_path)
