from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from ldct.statistics.variance import components

PLANTED = {"loss": 1.0, "patient": 2.0, "patient_loss": 0.5, "seed": 0.4, "residual": 0.9}


def cells(rng: np.random.Generator, losses: int, seeds: int, patients: int, folds: int, slices: int) -> np.ndarray:
    """Patient means of a study with the planted variances; runs are shared by the patients of a fold."""
    fold_of = np.arange(patients) % folds
    draw = {name: np.sqrt(value) for name, value in PLANTED.items()}
    run = rng.normal(0, draw["seed"], (losses, seeds, folds))[:, :, fold_of]
    return (
        rng.normal(0, draw["loss"], (losses, 1, 1))
        + rng.normal(0, draw["patient"], (1, 1, patients))
        + rng.normal(0, draw["patient_loss"], (losses, 1, patients))
        + run
        + rng.normal(0, draw["residual"] / np.sqrt(slices), (losses, seeds, patients))
    )


def test_planted_components_are_recovered():
    rng = np.random.default_rng(8)
    fold_of = np.arange(10) % 2
    found = pd.DataFrame(
        [components(cells(rng, 6, 3, 10, 2, 4), fold_of, 0.0, PLANTED["residual"], 4) for _ in range(400)]
    )
    for name in ("loss", "patient", "patient_loss", "seed"):
        error = found[name].std() / np.sqrt(len(found))
        assert abs(found[name].mean() - PLANTED[name]) < 4 * error, name


def test_without_shared_runs_it_is_reml():
    """Each patient in a fold of its own: the balanced two-way model with replicates, where REML has a closed form."""
    rng = np.random.default_rng(9)
    patients, losses, seeds = 12, 4, 3
    y = cells(rng, losses, seeds, patients, patients, 4)
    found = components(y, np.arange(patients), 0.0, 0.0, 1)
    loss, seed, patient = np.indices(y.shape).reshape(3, -1)
    frame = pd.DataFrame({"y": y.reshape(-1), "loss": loss, "seed": seed, "patient": patient})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = MixedLM.from_formula(
            "y ~ C(loss)", frame, groups="patient", re_formula="1", vc_formula={"cross": "0 + C(loss)"}
        ).fit(reml=True)
    assert found["patient"] == pytest.approx(float(fit.cov_re.iloc[0, 0]), rel=1e-3)
    assert found["patient_loss"] == pytest.approx(float(fit.vcomp[0]), rel=1e-3)
    assert found["seed"] == pytest.approx(fit.scale, rel=1e-3)


def test_too_few_give_nan():
    one_seed = components(np.random.default_rng(0).normal(size=(3, 1, 5)), np.zeros(5, int), np.nan, np.nan, 1)
    assert np.isnan(one_seed["seed"]) and np.isfinite(one_seed["patient_loss"])
    one_patient = components(np.random.default_rng(0).normal(size=(3, 2, 1)), np.zeros(1, int), 0.1, 0.1, 3)
    assert np.isnan(one_patient["patient"]) and np.isnan(one_patient["patient_loss"])
