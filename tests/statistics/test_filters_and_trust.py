"""The bar of filters and the trust in metrics, against planted truths and independent arithmetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from ldct.statistics.consistency import analyse
from ldct.statistics.policy import Policy
from ldct.tables import write_table
from ldct.tables.metrics import CATALOGUE, METRICS
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


def test_the_ladder_says_who_can_be_trusted(tmp_path):
    files = write_study(tmp_path, SyntheticStudy(**SIZE | {"loss_sd": 1.0}))
    low_and_high = {
        ("niqe_skvideo", "soft_tissue"): {"noise": (0.9, 1.0), "hu_shift": (-1.0, -0.8)},
        ("ssim", "soft_tissue"): {"noise": (0.8, 1.0), "blur": (-0.1, 0.9)},
        ("hu_bias", "hu"): {"noise": (-0.1, 0.2)},
        ("fsim", "full"): {"noise": (-1.0, -0.9)},
    }
    rows = [
        {
            "metric": metric,
            "window": window,
            "degradation": name,
            "images": 6,
            "patients": 4,
            "monotonicity": (low + high) / 2,
            "monotonicity_low": low,
            "monotonicity_high": high,
        }
        for (metric, window), of in low_and_high.items()
        for name, (low, high) in of.items()
    ]
    path = tmp_path / "validity.parquet"
    write_table(path, pa.Table.from_pylist(rows, VALIDITY), VALIDITY)
    settings = files.settings(draws=100)
    analyse(settings, files.metrics, files.catalogue, files.histories, tmp_path / "out", validity=path)
    trust = pd.read_parquet(tmp_path / "out/trust.parquet").set_index("metric")
    columns = ["votes", "validity", "follows", "against"]
    assert trust.loc["niqe_skvideo", columns].tolist() == [False, "fails", "noise", "hu shift"]
    assert trust.loc["ssim", columns].tolist() == [True, "passes", "noise", ""]
    assert trust.loc["hu_bias", columns].tolist() == [True, "cannot tell", "", ""]
    assert trust.loc["rmse", columns].tolist() == [True, "not tested", "", ""]
    assert trust.loc["fsim", columns].tolist() == [True, "not tested", "", ""], "it has no vote in that window"
    assert (trust["lesions"] == "").all(), "no lesions were inserted"


@pytest.mark.parametrize(
    ("sign", "verdict"), [(1, "orders the losses as lesions do"), (-1, "orders the losses against")]
)
def test_a_metric_that_orders_losses_as_lesions_do_is_told(tmp_path, sign, verdict):
    """The catalogue calls one metric a measure of lesions; another is made of the same values, turned or not."""
    losses = ("mse", "l1", "vgg", "edge", "charbonnier")
    study = SyntheticStudy(**SIZE | {"losses": losses, "loss_sd": 3.0}, metrics=("rmse", "ssim", "gmsd"))
    files = write_study(tmp_path, study)
    table = pq.read_table(files.metrics).to_pandas()
    key = ["patient", "slice", "model", "loss", "fold", "seed", "checkpoint", "window"]
    ssim = table[table["metric"] == "ssim"].set_index(key)["value"]
    other = table["metric"] == "gmsd"
    # Better is lower by GMSD.
    table.loc[other, "value"] = -sign * ssim.reindex(pd.MultiIndex.from_frame(table.loc[other, key])).to_numpy()
    pq.write_table(pa.Table.from_pandas(table, METRICS, preserve_index=False), files.metrics)
    cards = pq.read_table(files.catalogue).to_pylist()
    cards = [row | {"family": "task"} if row["metric"] == "ssim" else row for row in cards]
    pq.write_table(pa.Table.from_pylist(cards, CATALOGUE), files.catalogue)
    trust = analysed(tmp_path / "out", files, 400)["trust"].set_index("metric")
    assert trust.loc["gmsd", "lesion_tau"] == pytest.approx(sign)
    assert trust.loc["gmsd", "lesions"].startswith(verdict)
    assert trust.loc["ssim", "lesions"] == ""
