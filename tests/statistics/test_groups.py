"""The losses in groups of patients, against the engine on the same patients and a planted truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ldct.statistics.groups import against_reference
from ldct.statistics.policy import Policy

LOSSES, SEEDS, FOLDS = ("mse", "l1"), (0, 1, 2), 3


def values(effect: dict[str, float], patients: int = 24, seed: int = 0) -> tuple[list[dict], dict[str, str]]:
    """RUN_VALUES rows in which l1 is better by `effect` of the patient's group; patients in turn in groups, folds."""
    rng = np.random.default_rng(seed)
    names = list(effect)
    groups = {f"P{p:02d}": names[p % len(names)] for p in range(patients)}
    run = {(loss, fold, s): rng.normal(0, 0.1) for loss in LOSSES for fold in range(FOLDS) for s in SEEDS}
    rows = []
    for p, (patient, group) in enumerate(groups.items()):
        fold, level = (p // len(names)) % FOLDS, rng.normal()
        for loss in LOSSES:
            own = rng.normal(0, 0.2)
            for s in SEEDS:
                good = level + own + run[loss, fold, s] + rng.normal(0, 0.1) + (loss == "l1") * effect[group]
                key = {"model": "redcnn", "loss": loss, "fold": fold, "seed": s, "patient": patient}
                rows.append(key | {"goodness": good})
    return rows, groups


def test_each_group_is_told_by_itself():
    rows, groups = values({"real": 1.5, "synthetic": -1.5})
    told = against_reference(rows, groups, LOSSES, "mse", Policy(), None)
    assert {row["group"]: row["verdict"] for row in told} == {"real": "better", "synthetic": "worse"}
    for row in told:
        own = [r for r in rows if groups[r["patient"]] == row["group"]]
        mean = {loss: np.mean([r["goodness"] for r in own if r["loss"] == loss]) for loss in LOSSES}
        assert row["difference"] == pytest.approx(mean["l1"] - mean["mse"])
        assert row["difference_low"] < row["difference"] < row["difference_high"]
        assert (row["patients"], row["folds"], row["runs"]) == (12, 3, 18)


def test_nothing_is_told_where_there_is_nothing():
    false = 0
    for seed in range(60):
        rows, groups = values({"real": 0.0, "synthetic": 0.0}, seed=seed)
        told = against_reference(rows, groups, LOSSES, "mse", Policy(), None)
        false += any(row["verdict"] in ("better", "worse") for row in told)
    assert false <= stats.binom.ppf(0.999, 60, 0.05)


def test_few_patients_of_a_group_and_more_questions_tell_less():
    rows, groups = values({"real": 1.5, "synthetic": 1.5}, patients=10)
    assert {row["verdict"] for row in against_reference(rows, groups, LOSSES, "mse", Policy(), None)} == {"cannot tell"}
    rows, groups = values({"real": 0.3, "synthetic": 0.3}, seed=4)
    loose = against_reference(rows, groups, LOSSES, "mse", Policy(), None)
    strict = against_reference(rows, groups, LOSSES, "mse", Policy(), None, questions=1000)
    assert any(row["verdict"] == "better" for row in loose) and all(row["verdict"] != "better" for row in strict)
    assert [row["difference_low"] for row in loose] == [row["difference_low"] for row in strict]


def test_without_the_reference_there_is_no_row():
    rows, groups = values({"real": 0.0, "synthetic": 0.0})
    rows = [row for row in rows if row["loss"] != "mse"]
    assert against_reference(rows, groups, LOSSES, "mse", Policy(), None) == []
