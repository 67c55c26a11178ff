"""Target shares: the weights by formula, and the shares a training then has."""

from __future__ import annotations

import numpy as np
import pytest

from ldct.config import Study
from ldct.config.training import Loss, Term
from ldct.errors import ConfigError
from ldct.stages.calibrate import Calibrate
from ldct.stages.train import Train
from ldct.tables import read_table
from ldct.tables.calibration import CALIBRATION
from ldct.tables.history import HISTORY
from ldct.training.calibration import calibrate, solve
from ldct.training.run import train


def test_psi_of_one_term_is_the_papers():
    """Psi = lambda P / (I + lambda P), arXiv:2509.23025."""
    image, perceptual = 0.03, 700.0
    _, weight = solve([None, 0.95], [1.0, 1.0], [image, perceptual])
    assert weight * perceptual / (image + weight * perceptual) == pytest.approx(0.95)


def test_several_shares_and_kept_weights():
    values, weights = np.array([0.2, 5.0, 0.01, 40.0]), [2.0, 1.0, 3.0, 1.0]
    found = np.array(solve([None, 0.3, None, 0.25], weights, values))
    shares = found * values / (found * values).sum()
    assert shares[[1, 3]] == pytest.approx([0.3, 0.25])
    assert found[[0, 2]].tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("shares", "values", "message"),
    [
        ([0.6, 0.4], [1.0, 1.0], "add up to 1 and the other terms to 0"),
        ([None, 0.5], [0.0, 1.0], "the other terms to 0"),
        ([None, 0.5], [1.0, 0.0], "is 0 on training patches"),
    ],
)
def test_shares_that_cannot_be_reached_are_refused(shares, values, message):
    with pytest.raises(ConfigError, match=message):
        solve(shares, [1.0, 1.0], values)


@pytest.fixture
def shared(spec):
    spec["terms"] = [{"use": "mse", "weight": 1.0, "options": {}}, {"use": "sobel", "weight": 1, "psi": 0.6}]
    return spec


def calibration(shared, **changes):
    """The calibration of a training as specified."""
    budget = {name: shared["budget"][name] for name in ("batch", "learning_rate", "precision", "device")}
    same = {name: shared[name] for name in ("network", "terms", "train", "seed")}
    return Calibrate.Spec(**{**same, **budget, "steps": 60, "pretrained": None, **changes})


def test_the_training_has_about_the_share_asked_for(shared, patches, tmp_path):
    table = tmp_path / "calibration.parquet"
    calibrate(calibration(shared), patches, table, tmp_path)
    rows = {row["term"]: row for row in read_table(table, CALIBRATION).to_pylist()}
    assert rows["sobel"]["share"] == pytest.approx(0.6)
    assert rows["mse"]["weight"] == 1.0 and rows["mse"]["psi"] is None
    train(Train.Spec(**shared), patches, tmp_path / "run", tmp_path, calibration=table)
    last = read_table(tmp_path / "run/history.parquet", HISTORY).to_pylist()[-1]
    terms = {term["term"]: term for term in last["terms"]}
    assert terms["sobel"]["weight"] == rows["sobel"]["weight"]
    assert terms["sobel"]["share"] == pytest.approx(0.6, abs=0.15)


def test_equal_input_gives_equal_bytes_and_validation_patients_are_not_read(shared, patches, tmp_path):
    calibrate(calibration(shared), patches, tmp_path / "a.parquet", tmp_path)
    only = {patient: path for patient, path in patches.items() if patient in shared["train"]}
    calibrate(calibration(shared), only, tmp_path / "b.parquet", tmp_path)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_share_without_a_calibration_is_refused(shared, patches, tmp_path):
    with pytest.raises(ConfigError, match="no calibration was given"):
        train(Train.Spec(**shared), patches, tmp_path, tmp_path)


def test_shares_in_the_configuration_are_checked():
    with pytest.raises(ValueError, match="leave at least one term without psi"):
        Loss(terms=[Term(use="mse", psi=0.5)])
    with pytest.raises(ValueError, match=r"add up to 1\.1"):
        Loss(terms=[Term(use="l1"), Term(use="mse", psi=0.5), Term(use="sobel", psi=0.6)])


def test_ablation_leaves_out_each_term_and_keeps_the_shares():
    terms = [{"use": "l1"}, {"use": "sobel", "psi": 0.2}, {"use": "my.module:Term", "psi": 0.3}]
    losses = Study(losses={"mse": "mse", "mine": {"terms": terms, "ablate": True}}).losses
    assert list(losses) == ["mse", "mine", "mine_without_l1", "mine_without_sobel", "mine_without_Term"]
    assert [(t.use, t.psi) for t in losses["mine_without_l1"].terms] == [("sobel", None), ("my.module:Term", 0.3)]
    assert [(t.use, t.psi) for t in losses["mine_without_sobel"].terms] == [("l1", None), ("my.module:Term", 0.3)]
    again = Study(**Study(losses=losses).model_dump()).losses
    assert list(again) == list(losses)
