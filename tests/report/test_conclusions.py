"""The first page says what the tables say: who has a vote, the bar of filters, what is missing and what it costs."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ldct.report.conclusions.control import control
from ldct.report.conclusions.differences import differences, training_helps
from ldct.report.conclusions.leading import leading, of, trusted
from ldct.report.conclusions.missing import missing
from ldct.report.conclusions.mixture import mixture
from ldct.report.conclusions.page import first_page
from ldct.report.conclusions.unknown import unknown
from ldct.report.figures.differences import differences as drawn
from ldct.report.results import Results, load
from ldct.statistics.consistency import analyse
from tests.support.synthetic_metrics import SyntheticStudy, write_study


@pytest.fixture(scope="module")
def results(made) -> Results:
    return load(made.spec, **made.arguments)


def with_rows(results: Results, **tables: list[dict]) -> Results:
    return replace(results, consistency={**results.consistency, **tables})


def analysed(made, folder, study: SyntheticStudy) -> Results:
    files = write_study(folder / "study", study)
    analyse(files.settings(draws=100), files.metrics, files.catalogue, files.histories, folder / "consistency")
    return load(made.spec, **made.arguments | {"consistency": folder / "consistency"})


def test_a_metric_that_fails_is_named_and_leads_nothing(results):
    assert [row["metric"] for row in trusted(results) if not row["votes"]] == ["niqe_skvideo"]
    assert "no_reference" not in {row["construct"] for row in leading(results)}
    lines = {line.metric: line for line in first_page(results)["metrics"]}
    assert lines["NIQE"].vote == "no vote" and "prefers images with more blur" in lines["NIQE"].text
    assert lines["SSIM"].vote == "vote" and "Gets worse as it should with noise and blur" in lines["SSIM"].text
    assert lines["RMSE"].text == "Not tried on degraded images."


def test_the_figure_holds_the_contrasts_and_the_filters_turned_round(results):
    figure = drawn(results)
    for i, key in enumerate(leading(results)):
        axis = f"x{i + 1}" if i else "x"
        points = {one["name"]: one for one in figure["data"] if one["xaxis"] == axis}
        contrasts = results.table("contrasts", model="redcnn", **of(key))
        for row in contrasts:
            point = points[results.label(row["loss"])]
            assert point["x"] == [row["difference"]]
            assert point["x"][0] + point["error_x"]["array"][0] == pytest.approx(row["difference_high"])
            assert point["marker"]["symbol"].endswith("-open") == (row["verdict"] == "cannot tell")
        (bar,) = results.table("filters", model="redcnn", loss="mse", **of(key))
        point = points["non-local means"]
        assert point["x"] == [-bar["difference"]]
        assert point["x"][0] - point["error_x"]["arrayminus"][0] == pytest.approx(-bar["difference_high"])
        assert len(points) == len(contrasts) + 1


def test_training_is_compared_with_the_best_filter(made, tmp_path):
    losses = ("mse", "l1", "vgg")
    for name, level, tone, said in (
        ("strong", 7.0, "bad", "no network beats every filter"),
        ("weak", -9.0, "good", "a network beats every filter"),
    ):
        study = SyntheticStudy(losses=losses, slices=4, filters=(("gaussian_filter", -9.0), ("non_local_means", level)))
        finding = training_helps(analysed(made, tmp_path / name, study))
        assert finding.tone == tone and said in finding.text
        assert "best filter (non-local means)" in finding.text or name == "weak"
        assert "holds for all networks and filters at once (8 patients, 4 trainings in 2 folds)" in finding.text


def test_one_training_a_loss_speaks_of_trained_networks_only(made, tmp_path):
    losses = ("mse", "l1", "vgg")
    one = SyntheticStudy(losses=losses, seeds=(0,), slices=4, filters=(("non_local_means", 0.5),))
    results = analysed(made, tmp_path, one)
    finding = differences(results)
    assert finding.tone == "open"
    assert "About losses nothing can be told: one training a loss and fold" in finding.text
    assert "these trained networks" in finding.text and "better" not in " ".join(finding.points)
    page = first_page(results)
    assert "of these trained networks" in page["agreement"].text and "[" not in page["agreement"].text
    assert "these trained networks only" in page["training"].text
    asked = [one for one in unknown(results) if one.question.startswith("a loss against")]
    (only,) = asked
    assert only.count == only.asked and only.reason == "one training a loss and fold" and "two seeds" in only.remedy


def test_every_open_answer_is_counted_once(results):
    contrasts = [row for row in results.table("contrasts") if of(row) in [of(one) for one in trusted(results)]]
    open_ones = [one for one in unknown(results) if one.question.startswith("a loss against")]
    assert sum(one.count for one in open_ones) == sum(row["verdict"] == "cannot tell" for row in contrasts)
    assert {one.asked for one in open_ones} == {len(contrasts)}


def test_a_missing_training_has_its_price(made, tmp_path):
    lost = tuple(("redcnn", "vgg", 1, seed) for seed in (0, 1))
    results = analysed(made, tmp_path, SyntheticStudy(losses=("mse", "l1", "vgg"), slices=4, missing=lost))
    finding = missing(results)[0]
    assert finding.title == "1 of 12 trainings failed and 1 of 12 trainings have no values"
    assert "vgg has 2 of 4 trainings and values for 4 of 8 patients" in finding.text
    assert "not ranked" in finding.text and "The others lose nothing: MSE and L1." in finding.text
    assert len(finding.points) == 2 and "NaN at step 7" in " ".join(finding.points)


def test_the_control_has_a_line_where_its_table_exists(results):
    (absent,) = control(with_rows(results, control=[]))
    assert "no negative control" in absent.text and absent.tone == "open"
    common = {"model": "redcnn", "control": "mse_again", "reference": "mse", "p": 0.5, "tests": 3, "reason": ""}
    counts = {"patients": 8, "folds": 2, "runs": 8}
    ends = {"estimate": 0.1, "estimate_low": -1.0, "estimate_high": 1.2}
    keys = [of(row) for row in leading(results)]
    rows = [common | counts | ends | key | {"p_adjusted": 0.9, "verdict": "cannot tell"} for key in keys]
    (finding,) = control(with_rows(results, control=rows))
    assert f"0 of {len(rows)} comparisons" in finding.text and "8 patients, 8 trainings in 2 folds" in finding.text
    assert finding.tone == "good" and finding.points == ()
    rows[0] |= {"p_adjusted": 0.001, "verdict": "better"}
    (finding,) = control(with_rows(results, control=rows))
    assert f"1 of {len(rows)} comparisons" in finding.text and finding.tone == "bad" and len(finding.points) == 1
    shown = [one for one in drawn(with_rows(results, control=rows))["data"] if one["name"] == "MSE, other seeds"]
    assert len(shown) == len(rows) and shown[0]["x"] == [0.1]


def test_every_comparison_names_what_it_stands_on(made):
    section = made.text[made.text.index('<section id="conclusions"') :]
    section = section[: section.index("</section>")]
    points = [
        point for point in re.findall(r"<li>([^<]*)</li>", section) if "cannot tell" in point or "better" in point
    ]
    assert len(points) >= 6
    for point in points:
        assert re.search(r"\d+ patients, \d+ trainings", point), point


def test_real_and_synthetic_patients_stand_apart(results):
    finding = next(one for one in first_page(results)["also"] if one.title == "Real or synthetic patients?")
    assert finding.text.startswith("6 patients are real and 2 synthetic")
    assert [point.split(",")[0] for point in finding.points] == ["Real", "Synthetic"]
    assert "better" not in finding.points[1] and "worse" not in finding.points[1], "two patients allow no verdict"
    alone = replace(results, patients=[row for row in results.patients if row["kind"] == "synthetic"])
    finding = next(one for one in first_page(alone)["also"] if one.title == "Real or synthetic patients?")
    assert finding.text == "All 2 patients are synthetic; nothing here was seen in others." and not finding.points


def made_with(results: Results, torch: dict[tuple[str, int], str], **same) -> Results:
    """`results` with runs of mse and edge, two seeds each, made with a version of torch by loss and seed."""
    alike = {"processor": "A", "cuda": None, "threads": 2, "torch": "2.10"} | same
    runs = [
        {"model": "redcnn", "loss": loss, "fold": 0, "seed": seed, "status": "completed", "reason": None}
        | {"precision": "float32", "device": "cpu", "made_with": alike | {"torch": torch.get((loss, seed), "2.10")}}
        for loss in ("mse", "edge")
        for seed in (0, 1)
    ]
    return replace(results, runs=runs)


def test_trainings_made_alike_are_not_spoken_of(results):
    assert mixture(made_with(results, {})) == []
    assert mixture(replace(results, runs=[])) == []


def test_versions_that_go_with_a_loss_are_a_warning(results):
    (one,) = mixture(made_with(results, {("edge", 0): "2.11", ("edge", 1): "2.11"}))
    assert one.tone == "bad" and "a difference between them may come from there" in one.text
    label = results.label("edge")
    assert one.points == (f"torch: 2.10 for 2 trainings ({results.label('mse')}), 2.11 for 2 ({label}).",)


def test_versions_that_every_loss_has_its_share_of_favour_none(results):
    (one,) = mixture(made_with(results, {("edge", 1): "2.11", ("mse", 1): "2.11"}))
    assert one.tone == "open" and "favours none" in one.text
