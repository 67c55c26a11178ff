"""From the CSV files of a reader study to its tables, with a truth planted in the scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ldct.__main__ import main
from ldct.errors import InputError
from ldct.readers.analysis import analyse
from ldct.stages.readers import Readers
from ldct.statistics.settings import Resampling
from ldct.tables import read_table
from ldct.tables.readers import TABLES
from tests.support.synthetic_metrics import SyntheticStudy, write_study

SPEC = Readers.Spec(
    scale=(0, 4), curve=4, reference_loss="mse", resampling=Resampling(draws=200, confidence=0.95, seed=0)
)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Readers who score by SSIM in soft tissue, with noise of their own; one of them reads twice."""
    folder = tmp_path_factory.mktemp("readers")
    (folder / "metrics").mkdir()
    made = SyntheticStudy(metrics=("rmse", "psnr", "ssim", "gmsd"), seeds=(0,), patients=8, slices=3)
    files = write_study(folder / "metrics", made)
    rows = pd.read_parquet(files.metrics)
    rows = rows[(rows["slice"] == rows["slice"].min()) & rows["selected"] & (rows["loss"] != "full_dose")]
    ssim = rows[(rows["metric"] == "ssim") & (rows["window"] == "soft_tissue")].reset_index(drop=True)
    columns = ["patient", "slice", "model", "loss", "seed", "checkpoint"]
    key = ssim[columns].assign(image=[f"I{i:03d}" for i in ssim.index], case="case" + ssim["patient"])
    key.to_csv(folder / "key.csv", index=False)
    rng = np.random.default_rng(1)
    z = (ssim["value"] - ssim["value"].mean()) / ssim["value"].std()
    ratings, pairs = [], []
    for reader, session in (("R1", 1), ("R2", 1), ("R3", 1), ("R1", 2)):
        score = (2 + z + rng.normal(0, 0.5, len(z))).round().clip(0, 4)
        part = pd.DataFrame({"reader": reader, "case": key["case"], "image": key["image"], "score": score})
        ratings.append(part.assign(session=session))
    for reader in ("R1", "R2"):
        for _, group in key.groupby("case"):
            for i, j in zip(group.index[:-1], group.index[1:], strict=True):
                better = "left" if z[i] + rng.normal(0, 0.3) > z[j] else "right"
                names = {"left": key["image"][i], "right": key["image"][j]}
                pairs.append({"reader": reader, "case": key["case"][i], **names, "choice": better, "session": 1})
    pd.concat(ratings).to_csv(folder / "ratings.csv", index=False)
    pd.DataFrame(pairs).to_csv(folder / "pairs.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def tables(study):
    metrics = study / "metrics"
    analyse(
        SPEC,
        study / "key.csv",
        study / "ratings.csv",
        study / "pairs.csv",
        metrics / "metrics.parquet",
        metrics / "catalogue.parquet",
        study / "readers",
    )
    return {name: read_table(study / f"readers/{name}.parquet", schema).to_pandas() for name, schema in TABLES.items()}


def test_readers_agree_as_planted(tables):
    rows = tables["agreement"]
    assert set(rows["kind"]) == {"icc", "kappa", "kappa_pair", "kappa_self"}
    mean = rows[rows["kind"] == "kappa"].iloc[0]
    assert 0.5 < mean["low"] < mean["value"] < mean["high"] < 1
    assert (rows["kind"] == "kappa_pair").sum() == 3
    assert rows[rows["kind"] == "kappa_self"]["name"].tolist() == ["R1"]


def test_the_metric_readers_followed_comes_out_best(tables):
    rows = tables["metrics"]
    for statistic in ("srocc", "plcc_fit", "auc_better", "correct", "chosen"):
        own = rows[rows["statistic"] == statistic].sort_values("value", ascending=False)
        assert own.iloc[0]["metric"] == "ssim", statistic
        assert (own["low"] <= own["value"] + 1e-9).all() and (own["value"] <= own["high"] + 1e-9).all()
    differences = tables["differences"]
    assert differences["against"].str.startswith("ssim (").all()
    assert (differences["value"] <= 0).all()
    assert (differences["p_holm"] >= differences["p"]).all()


def test_losses_are_compared_over_readers_and_patients(tables):
    rows = tables["losses"]
    means = rows[rows["against"] == ""]
    assert (means["patients"] == 8).all() and (means["readers"] == 3).all()
    tests = rows[rows["against"] == "mse"]
    assert "mse" not in set(tests["loss"])
    low = tests[tests["loss"] == "low_dose"].iloc[0]
    assert low["value"] < 0 and low["p_holm"] < 0.05, "low dose reads worse"
    shares = tables["choices"]
    assert shares.sort_values("strength").iloc[0]["loss"] == "low_dose"
    assert shares["strength"].mean() == pytest.approx(0, abs=1e-9)


def test_equal_input_gives_equal_bytes(study, tables, tmp_path):
    arguments = ["--key", f"{study}/key.csv", "--ratings", f"{study}/ratings.csv", "--pairs", f"{study}/pairs.csv"]
    assert main(["readers", "check", *arguments]) == 0
    assert main(["readers", "analyse", *arguments, str(study), "-o", str(tmp_path), "--draws", "200"]) == 0
    for name in TABLES:
        assert (tmp_path / f"{name}.parquet").read_bytes() == (study / f"readers/{name}.parquet").read_bytes()


def test_a_key_of_another_study_is_refused(study, tmp_path):
    other = (study / "key.csv").read_text().replace("P0", "Q0")
    (tmp_path / "key.csv").write_text(other.replace("caseQ0", "caseP0"))
    metrics = study / "metrics"
    with pytest.raises(InputError, match="no scored image with metric values"):
        analyse(
            SPEC,
            tmp_path / "key.csv",
            study / "ratings.csv",
            None,
            metrics / "metrics.parquet",
            metrics / "catalogue.parquet",
            tmp_path,
        )
