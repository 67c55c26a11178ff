from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy import optimize, stats

from ldct.errors import InputError
from ldct.orientation import goodness
from ldct.statistics.consistency import analyse
from ldct.tables import read_table, table_of, write_table
from ldct.tables.consistency import HYPOTHESES, TABLES
from ldct.tables.history import HISTORY
from ldct.tables.metrics import METRICS
from tests.statistics.conftest import analysed
from tests.support.synthetic_metrics import KINDS, SyntheticStudy, write_study

SMALL = ("rmse", "ssim", "vifp", "hu_bias")


def test_every_table_is_written_with_its_schema(tmp_path):
    files = write_study(tmp_path, SyntheticStudy(metrics=SMALL, patients=6, filters=(("gaussian_filter", -1.0),)))
    losses = {"losses": ["mse", "l1", "charbonnier", "ms_ssim_l1", "vgg"], "control": "edge"}
    settings = files.settings(draws=100, candidate_loss="l1", candidate_families=["structure"], **losses)
    analyse(settings, files.metrics, files.catalogue, files.histories, tmp_path / "out")
    for name, schema in TABLES.items():
        table = read_table(tmp_path / "out" / f"{name}.parquet", schema)
        floats = [field.name for field in schema if pa.types.is_floating(field.type)]
        assert not any(pc.any(pc.is_nan(table[column])).as_py() for column in floats), name
        # Power is of claims whose interval leaves out the threshold.
        if name not in ("mixed", "power"):
            assert len(table), name


def test_equal_input_gives_equal_bytes(tmp_path):
    files = write_study(tmp_path, SyntheticStudy(metrics=SMALL, patients=5, slices=3))
    for folder in ("one", "two"):
        analyse(files.settings(draws=100), files.metrics, files.catalogue, files.histories, tmp_path / folder)
    for name in TABLES:
        one, two = ((tmp_path / folder / f"{name}.parquet").read_bytes() for folder in ("one", "two"))
        assert one == two, name


def test_rows_in_another_order_change_nothing(tmp_path):
    files = write_study(tmp_path, SyntheticStudy(metrics=SMALL, patients=5, slices=3))
    settings = files.settings(draws=100)
    analyse(settings, files.metrics, files.catalogue, files.histories, tmp_path / "one")
    table = pq.read_table(files.metrics)
    order = np.random.default_rng(0).permutation(len(table))
    write_table(files.metrics, table.take(order), METRICS)
    backwards = dict(reversed(files.histories.items()))
    analyse(settings, files.metrics, files.catalogue, backwards, tmp_path / "two")
    for name in ("loss_values", "ranks", "agreement", "contrasts", "hypotheses", "trajectory_summary"):
        one, two = (pd.read_parquet(tmp_path / folder / f"{name}.parquet") for folder in ("one", "two"))
        pd.testing.assert_frame_equal(one, two, check_exact=False, rtol=1e-9)


def test_levels_are_plain_pandas(tmp_path):
    """Mean over patients of patient means, of slices, of seeds, at the selected epoch."""
    study = SyntheticStudy(metrics=SMALL, patients=5)
    files = write_study(tmp_path, study)
    found = analysed(tmp_path / "out", files, bootstrap_draws=100)
    raw = pd.read_parquet(files.metrics)
    raw = raw[raw.selected]
    level = (
        raw.groupby(["loss", "metric", "window", "patient"]).value.mean().groupby(["loss", "metric", "window"]).mean()
    )
    rows = found["loss_values"].set_index(["loss", "metric", "window"])
    assert np.allclose(rows["mean"], level.loc[rows.index])
    raw["goodness"] = np.concatenate(
        [[goodness(np.array(v), KINDS[m][2])] for v, m in zip(raw.value, raw.metric, strict=True)]
    )
    good = raw.groupby(["loss", "metric", "window", "patient"]).goodness.mean()
    gain = (
        (good - good.loc["low_dose"].reindex(good.index.droplevel(0)).to_numpy())
        .groupby(["loss", "metric", "window"])
        .mean()
    )
    assert np.allclose(rows["gain"], gain.loc[rows.index], atol=1e-12)
    assert (found["patient_values"].groupby(["model", "loss", "metric", "window"]).size() == 5).all()


def test_contrasts_and_places_agree_with_patient_values(tables):
    values = tables["patient_values"].query("model == 'cnn10' and metric == 'ssim' and window == 'soft_tissue'")
    wide = values.pivot(index="patient", columns="loss", values="goodness")
    row = tables["contrasts"].query(
        "model == 'cnn10' and metric == 'ssim' and window == 'soft_tissue' and loss == 'vgg'"
    )
    difference = (wide["vgg"] - wide["mse"]).to_numpy()
    assert row["difference"].item() == pytest.approx(difference.mean())
    assert row["p_exact"].item() == pytest.approx(stats.wilcoxon(difference, method="exact").pvalue)
    place = tables["ranks"].query("model == 'cnn10' and metric == 'ssim' and window == 'soft_tissue'").set_index("loss")
    assert (place["place"] == wide.mean().rank(ascending=False).loc[place.index]).all()
    assert np.allclose(place["mean_rank"], wide.rank(axis=1, ascending=False).mean().loc[place.index])


def test_missing_runs_are_named_and_the_rest_goes_on(tables):
    runs = tables["runs"].set_index(["model", "loss", "fold", "seed"])
    assert runs.loc[("redcnn", "l1", 1, 1), "status"] == "missing"
    assert runs.loc[("redcnn", "l1", 1, 0), "status"] == "present"
    cover = tables["coverage"].set_index(["model", "loss"])
    assert "redcnn fold 1 seed 1" in cover.loc[("redcnn", "l1"), "note"]
    assert cover.loc[("redcnn", "l1"), "ranked"]
    # One fold of four is left of edge: two patients of eight, too few to be ranked.
    assert not cover.loc[("redcnn", "edge"), "ranked"]
    assert "edge" not in set(tables["ranks"].query("model == 'redcnn'").loss)
    assert "edge" in set(tables["ranks"].query("model == 'cnn10'").loss)
    assert (tables["ranks"].patients == 8).all()


def test_a_failed_fold_costs_its_loss_alone(analyse_study):
    """Without a loss's trainings of one fold the other losses keep their patients, contrasts and ranks."""
    study = SyntheticStudy(metrics=SMALL, patients=9, folds=3)
    whole = analyse_study(study, bootstrap_draws=100)
    lost = tuple(("redcnn", "edge", 0, seed) for seed in study.seeds)
    broken = analyse_study(replace(study, missing=lost), bootstrap_draws=100)
    key = ["metric", "window", "loss"]
    one, two = (tables["contrasts"].query("loss not in ('edge', 'vgg')").set_index(key) for tables in (whole, broken))
    # Losses written before the failed one have the same values in both studies.
    for name in ("difference", "difference_low", "difference_high", "p", "patients"):
        assert np.allclose(one[name], two[name]), name
    edge = broken["contrasts"].query("loss == 'edge'")
    assert set(edge["patients"]) == {6} and set(edge["folds"]) == {2} and edge["p"].notna().all()
    assert set(broken["ranks"]["patients"]) == {9} and "edge" not in set(broken["ranks"]["loss"])
    note = broken["coverage"].set_index("loss").loc["edge", "note"]
    assert "values for 6 patients only" in note


def test_from_two_patients_nothing_is_said(analyse_study):
    tables = analyse_study(SyntheticStudy(metrics=SMALL, patients=2, seeds=(0, 1, 2), loss_sd=5.0), bootstrap_draws=100)
    for name, column in (
        ("friedman", "verdict"),
        ("contrasts", "verdict"),
        ("best_loss", "sure"),
        ("votes", "verdict"),
    ):
        assert set(tables[name][column]) == {"cannot tell"}, name
        assert tables[name]["reason"].str.len().min() > 0


def test_several_networks_have_a_common_answer(tables):
    assert set(tables["agreement"].model) == {"redcnn", "cnn10", "all"}
    assert any(" x " in term for term in tables["mixed"].query("model == 'all'").term)


def test_intervals_hold_their_value(tables):
    for name, column in (("loss_values", "mean"), ("contrasts", "difference"), ("best_loss", "margin")):
        rows = tables[name].dropna(subset=[f"{column}_low"])
        assert (rows[f"{column}_low"] <= rows[column] + 1e-9).all()
        assert (rows[column] <= rows[f"{column}_high"] + 1e-9).all()


def test_probabilities_add_up(tables):
    key = ["model", "metric", "window"]
    assert np.allclose(tables["rank_stability"].groupby([*key, "loss"]).probability.sum(), 1)
    assert np.allclose(tables["ranks"].groupby(key).best.sum(), 1)
    shares = tables["variance"].groupby(key)["share"].sum()
    assert np.allclose(shares, 1)


def test_mixed_effects_are_contrasts(tables):
    """In the balanced network the fixed effect of a loss is the mean difference of patient means, and its error is that
    of REML with patients, patients x losses and runs as random, found here by direct search over the likelihood."""
    mixed = tables["mixed"].query("model == 'cnn10'").set_index(["term", "metric", "window"])
    contrasts = tables["contrasts"].query("model == 'cnn10'").set_index(["loss", "metric", "window"])
    for key, row in mixed.iterrows():
        assert row["estimate"] == pytest.approx(contrasts.loc[key, "difference"], rel=1e-4, abs=1e-8)
    cells = tables["run_values"].query("model == 'cnn10' and metric == 'rmse'")
    y = cells["goodness"].to_numpy()
    design = pd.get_dummies(cells["loss"]).to_numpy(float)
    labels = (["patient"], ["patient", "loss"], ["loss", "fold", "seed"])
    groups = [cells.groupby(names, sort=False).ngroup().to_numpy() for names in labels]
    parts = [(group[:, None] == group[None, :]).astype(float) for group in groups] + [np.eye(len(y))]

    def reml(logs: np.ndarray) -> tuple[float, np.ndarray]:
        inverse = np.linalg.inv(sum(np.exp(one) * part for one, part in zip(logs, parts, strict=True)))
        information = design.T @ inverse @ design
        rest = y - design @ np.linalg.solve(information, design.T @ inverse @ y)
        fit = -np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(information)[1] + rest @ inverse @ rest
        return float(fit), np.linalg.inv(information)

    start = np.log([y.var(), 0.1 * y.var(), 0.1 * y.var(), 0.01 * y.var()])
    found = optimize.minimize(lambda logs: reml(logs)[0], start, method="Nelder-Mead", options={"maxiter": 4000})
    covariance = reml(found.x)[1]
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    assert np.allclose(mixed.xs("rmse", level="metric")["standard_error"], error, rtol=0.02)


def test_values_that_are_not_usable_are_counted(tmp_path):
    files = write_study(tmp_path, SyntheticStudy(metrics=SMALL, patients=6))
    table = pd.read_parquet(files.metrics)
    hit = (table.metric == "vifp") & (table.loss == "l1") & table.selected & (table.patient == "P000")
    table.loc[hit, "value"] = np.nan
    table.loc[(table.metric == "rmse") & (table.loss == "mse"), "value"] = np.inf
    write_table(files.metrics, pa.Table.from_pandas(table, METRICS, preserve_index=False), METRICS)
    found = analysed(tmp_path / "out", files, bootstrap_draws=100)
    criteria = found["criteria"].set_index(["metric", "window"])
    assert criteria.loc[("vifp", "full"), "unusable"] == 12
    assert criteria.loc[("vifp", "full"), "patients"] == 5
    assert not criteria.loc[("rmse", "hu"), "used"]
    assert "rmse" not in set(found["ranks"].metric)


def test_a_metric_that_was_never_measured_is_named(tmp_path):
    files = write_study(tmp_path, SyntheticStudy(metrics=SMALL, patients=4, slices=2))
    table = pd.read_parquet(files.metrics).query("metric != 'vifp'")
    write_table(files.metrics, pa.Table.from_pandas(table, METRICS, preserve_index=False), METRICS)
    found = analysed(tmp_path / "out", files, bootstrap_draws=100)
    assert found["criteria"].query("metric == 'vifp'")["used"].tolist() == [False]


def test_an_empty_study_gives_empty_tables(tmp_path):
    files = write_study(tmp_path, SyntheticStudy(metrics=SMALL, patients=4, slices=2))
    write_table(files.metrics, METRICS.empty_table(), METRICS)
    found = analysed(tmp_path / "out", files, bootstrap_draws=100)
    assert len(found["ranks"]) == 0
    assert set(found["runs"].status) == {"missing"}


@pytest.mark.parametrize(
    "study",
    [
        SyntheticStudy(metrics=SMALL, patients=1, folds=1, seeds=(0,), slices=1),
        SyntheticStudy(metrics=("rmse",), patients=3, folds=1, losses=("mse", "l1")),
        SyntheticStudy(metrics=SMALL, patients=3, folds=3, losses=("mse",)),
        SyntheticStudy(metrics=SMALL, patients=4, checkpoints=(3,)),
    ],
    ids=["one patient", "one criterion, two losses", "one loss", "one checkpoint"],
)
def test_tiny_studies_end_in_cannot_tell(analyse_study, study):
    found = analyse_study(study, bootstrap_draws=100)
    assert set(found["hypotheses"].verdict) <= {"cannot tell"}
    assert len(found["loss_values"])


def test_no_history_leaves_the_ranking(tmp_path):
    files = write_study(tmp_path, SyntheticStudy(metrics=SMALL, patients=6))
    histories = dict.fromkeys(files.histories, tmp_path / "gone")
    analyse(files.settings(draws=100), files.metrics, files.catalogue, histories, tmp_path / "out")
    assert len(pd.read_parquet(tmp_path / "out" / "trajectories.parquet")) == 0
    assert len(pd.read_parquet(tmp_path / "out" / "ranks.parquet")) > 0
    assert pd.read_parquet(tmp_path / "out" / "runs.parquet").note.str.contains("no history").all()


def test_bad_input_is_named(tmp_path):
    files = write_study(tmp_path, SyntheticStudy(metrics=SMALL, patients=4, slices=2))
    with pytest.raises(InputError, match="no such file"):
        analyse(files.settings(), tmp_path / "none.parquet", files.catalogue, {}, tmp_path)
    with pytest.raises(InputError, match="columns"):
        analyse(files.settings(), files.catalogue, files.catalogue, {}, tmp_path)
    table = pd.read_parquet(files.metrics)
    table["metric"] = "sharpness"
    write_table(files.metrics, pa.Table.from_pandas(table, METRICS, preserve_index=False), METRICS)
    with pytest.raises(InputError, match="sharpness"):
        analyse(files.settings(), files.metrics, files.catalogue, {}, tmp_path)


def test_a_column_that_no_schema_knows_is_refused():
    with pytest.raises(ValueError, match="colour"):
        table_of([{"claim": "a", "colour": 1}], HYPOTHESES)


def test_a_metric_is_home_only_where_training_logs_show_the_weight(tmp_path):
    """Of a loss of L1 and MS-SSIM in which L1 has 1 % of the gradient, MAE is no home."""
    study = SyntheticStudy(losses=("mse", "ms_ssim_l1"), metrics=("rmse", "mae", "ms_ssim"), patients=6, slices=2)
    files = write_study(tmp_path, study)
    terms = {"ms_ssim_l1": ["ms_ssim", "l1"], "mse": ["mse"]}
    for share in (0.5, 0.01):
        for run, path in files.histories.items():
            rows = read_table(path, HISTORY).to_pylist()
            parts = {"mse": 1.0} if run.loss == "mse" else {"ms_ssim": 1 - share, "l1": share}
            for row in rows:
                row["terms"] = [
                    {"term": name, "weight": 1.0, "value": 1.0, "share": part, "gradient_share": part}
                    for name, part in parts.items()
                ]
            write_table(path, pa.Table.from_pylist(rows, HISTORY), HISTORY)
        tables = analysed(tmp_path / f"{share}", files, 100, terms=terms)
        home = tables["criteria"].drop_duplicates("metric").set_index("metric")["home_of"].to_dict()
        assert home["mae"] == ("ms_ssim_l1" if share > 0.05 else "") and home["ms_ssim"] == "ms_ssim_l1"
        assert home["rmse"] == "mse"
        said = tables["design"].set_index("key").value["terms_without_weight"]
        assert said == ("" if share > 0.05 else "ms_ssim_l1: l1 (0.010)")
