"""The bar of filters and the trust in metrics, against planted truths and independent arithmetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from ldct.statistics.consistency import analyse
from ldct.statistics.ladder import failing, read_ladder
from ldct.statistics.policy import Policy
from ldct.tables import write_table
from ldct.tables.validity import VALIDITY
from tests.statistics.conftest import analysed
from tests.support.synthetic_metrics import SyntheticStudy, write_study

SIZE = {"losses": ("mse", "l1", "vgg"), "patients": 15, "folds": 3, "seeds": (0, 1, 2), "slices": 3, "loss_sd": 0.0}
POLICY = Policy()


def bar_of(tables: dict[str, pd.DataFrame], metric: str) -> str:
    rows = tables["filters"][tables["filters"]["metric"] == metric]
    words = {loss: dict(zip(own["filter"], own["verdict"], strict=True)) for loss, own in rows.groupby("loss")}
    return POLICY.bar(words).verdict


@pytest.mark.parametrize(
    ("level", "verdict"),
    [(-3.0, "a network beats every filter"), (4.0, "no network beats every filter")],
)
def test_a_planted_filter_is_told_from_the_networks(tmp_path, level, verdict):
    study = SyntheticStudy(**SIZE, filters=(("non_local_means", level), ("gaussian_filter", -3.0)))
    tables = analysed(tmp_path / "out", write_study(tmp_path, study), 200)
    assert bar_of(tables, "rmse") == verdict
    rows = tables["filters"].query("metric == 'rmse' and filter == 'non_local_means'")
    assert set(rows["loss"]) == {"mse", "l1", "vgg"}
    assert set(rows["runs"]) == {9}, "trainings of the loss alone"
    assert (rows["all_low"] < rows["difference_low"]).all() and (rows["all_high"] > rows["difference_high"]).all()
    means = tables["patient_values"].query("metric == 'rmse'")
    means = means.pivot_table(index="patient", columns="loss", values="goodness")
    for row in rows.itertuples():
        assert row.difference == pytest.approx((means[row.loss] - means["non_local_means"]).mean(), abs=1e-9)


def test_a_filter_as_good_as_the_networks_is_not_told_apart(tmp_path):
    false = 0
    for seed in range(12):
        # By the learning curve the networks stand a little below 0 at their last epoch, and so does the filter.
        study = SyntheticStudy(
            **SIZE, metrics=("rmse", "ssim"), windows=("soft_tissue",), wobble_sd=0.0, seed=seed,
            validation_noise=0.0, filters=(("non_local_means", -2.0 * np.exp(-10 / 3)),),
        )  # fmt: skip
        folder = tmp_path / str(seed)
        tables = analysed(folder / "out", write_study(folder, study), 100)
        false += tables["filters"]["verdict"].isin(["better", "worse"]).any()
    assert false <= stats.binom.ppf(0.999, 12, 0.05)


def test_one_training_a_loss_and_fold_cannot_beat_the_bar(tmp_path):
    study = SyntheticStudy(**SIZE | {"seeds": (0,), "folds": 2}, filters=(("non_local_means", -9.0),))
    tables = analysed(tmp_path / "out", write_study(tmp_path, study), 100)
    assert set(tables["filters"]["verdict"]) == {"cannot tell"}
    assert tables["filters"]["reason"].str.startswith("one training a loss and fold").all()
    assert bar_of(tables, "rmse") == "cannot tell"


def ladder_rows(values: dict[tuple[str, str], dict[str, float]], images: int = 6) -> list[dict]:
    return [
        {
            "metric": metric,
            "window": window,
            "degradation": name,
            "images": images,
            "patients": 2,
            "monotonicity": value,
        }
        for (metric, window), of in values.items()
        for name, value in of.items()
    ]


def test_a_metric_that_calls_worse_images_better_has_no_vote(tmp_path):
    files = write_study(tmp_path, SyntheticStudy(**SIZE | {"loss_sd": 1.0}))
    rows = ladder_rows(
        {
            ("niqe_skvideo", "soft_tissue"): {"noise": 1.0, "blur": -0.9},
            ("ssim", "soft_tissue"): {"noise": 1.0, "blur": 0.8},
            ("hu_bias", "hu"): {"noise": 0.1, "blur": -0.2},
            ("fsim", "full"): {"noise": -1.0},
        }
    )
    assert failing(read_ladder(rows, POLICY), "soft_tissue") == ["hu_bias", "niqe_skvideo"], "fsim has no vote there"
    path = tmp_path / "validity.parquet"
    write_table(path, pa.Table.from_pylist(rows, VALIDITY), VALIDITY)
    settings = files.settings(draws=100)
    analyse(settings, files.metrics, files.catalogue, files.histories, tmp_path / "out", validity=path)
    trust = pd.read_parquet(tmp_path / "out/trust.parquet").set_index("metric")
    told = trust.loc["niqe_skvideo", ["votes", "validity", "against", "follows"]]
    assert told.tolist() == [False, "fails", "blur", "noise"]
    assert trust.loc["hu_bias", "validity"] == "fails" and not trust.loc["hu_bias", "votes"]
    assert trust.loc["ssim", "validity"] == "valid" and trust.loc["ssim", "votes"]
    assert trust.loc["rmse", "validity"] == "not tested" and trust.loc["rmse", "votes"]
    votes = pd.read_parquet(tmp_path / "out/votes.parquet")
    assert not votes["metrics"].str.contains("niqe|hu_bias").any()
    assert votes["metrics"].str.contains("ssim").any()


def test_too_few_slices_take_no_vote_away():
    rows = ladder_rows({("rmse", "hu"): {"noise": -1.0}}, images=3)
    assert failing(read_ladder(rows, POLICY), "soft_tissue") == []
