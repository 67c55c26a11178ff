"""Every learning rate is a short training of the study's own; the least criterion on validation patients is taken."""

from __future__ import annotations

import json

import pytest

from ldct.stages.search import Search
from ldct.stages.train import Train
from ldct.tables import read_table
from ldct.tables.history import HISTORY
from ldct.tables.search import SEARCH
from ldct.training import search as module
from ldct.training.run import train
from ldct.training.search import choose, search

WANTED = {"learning_rates": [3e-3, 1e-5, 1e6], "steps": 12, "criterion": "validation_rmse"}


def test_rates_are_judged_by_their_own_trainings(spec, patches, tmp_path):
    search(Search.Spec(**spec, search=WANTED), patches, tmp_path / "fold0.parquet", tmp_path)
    rows = read_table(tmp_path / "fold0.parquet", SEARCH).to_pylist()
    assert [row["learning_rate"] for row in rows] == [1e-5, 3e-3, 1e6]
    for row in rows[:2]:
        changed = {"epochs": 1, "steps_per_epoch": 12, "checkpoints": [1], "learning_rate": row["learning_rate"]}
        train(Train.Spec(**{**spec, "budget": {**spec["budget"], **changed}}), patches, tmp_path / "one", tmp_path)
        last = read_table(tmp_path / "one/history.parquet", HISTORY).to_pylist()[-1]
        assert row["validation_rmse_hu"] == last["validation_rmse_hu"]
    values = [row["validation_rmse_hu"] for row in rows]
    assert [row["chosen"] for row in rows] == [False, True, False] and values[1] < values[0]
    assert not list(tmp_path.glob(".fold0.trials"))
    train(Train.Spec(**spec), patches, tmp_path / "run", tmp_path, search=tmp_path / "fold0.parquet")
    assert json.loads((tmp_path / "run/run.json").read_text())["learning_rate"] == 3e-3


def test_a_killed_search_goes_on_with_the_rates_it_lacks(spec, patches, tmp_path, monkeypatch):
    wanted = {**WANTED, "learning_rates": [1e-3, 3e-3]}
    search(Search.Spec(**spec, search=wanted), patches, tmp_path / "whole.parquet", tmp_path)
    steps, real = [], module.train

    def dies(trial, *args, **options):
        steps.append(trial.budget.learning_rate)
        if len(steps) == 2:
            raise KeyboardInterrupt
        real(trial, *args, **options)

    monkeypatch.setattr(module, "train", dies)
    with pytest.raises(KeyboardInterrupt):
        search(Search.Spec(**spec, search=wanted), patches, tmp_path / "fold0.parquet", tmp_path)
    trained = []
    monkeypatch.setattr(module, "train", lambda trial, *args, **options: (
        trained.append(trial.budget.learning_rate), real(trial, *args, **options)
    ))  # fmt: skip
    search(Search.Spec(**spec, search=wanted), patches, tmp_path / "fold0.parquet", tmp_path)
    assert trained == [3e-3]
    assert (tmp_path / "fold0.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


@pytest.mark.parametrize(
    ("values", "expected"), [((5.0, 4.0, 6.0), 2e-3), ((5.0, 5.0, None), 1e-3), ((None, None, None), 1e-3)]
)
def test_least_value_then_smallest_rate(values, expected):
    rows = [{"learning_rate": rate, "x": value} for rate, value in zip((1e-3, 2e-3, 3e-3), values, strict=True)]
    assert choose(rows, "x") == expected
