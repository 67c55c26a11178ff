"""The negative control in the plan: one more loss to train, and no change of any other training."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ldct.__main__ import main
from ldct.config.load import load_files
from ldct.errors import ConfigError
from ldct.stages.calibrate import Calibrate
from ldct.stages.consistency import Consistency
from ldct.stages.evaluate import Evaluate
from ldct.stages.keys import Run, ShardKey, TuningKey, Whole
from ldct.stages.report import Report
from ldct.stages.train import Train
from ldct.study.plan import Plan

PROJECT = Path(__file__).resolve().parents[2]


def plan(**changes) -> Plan:
    """The reduced study with two seeds, whole sections changed."""
    config = yaml.safe_load((PROJECT / "tests/study/reduced.yaml").read_text())
    config["training"]["seeds"] = [0, 1]
    for name, section in changes.items():
        config[name] = {**config.get(name, {}), **section}
    manifest = {"manifest": str(PROJECT / "tests/study/reduced.csv")}
    return Plan.load(config | {"cohort": manifest}, root=PROJECT, weights_dir=PROJECT)


def seeds_used(made: Plan) -> dict[Run, int]:
    return {run: Train.spec(made, run).seed for run in made.runs}


def test_the_control_is_the_reference_with_seeds_that_no_other_training_has():
    made = plan()
    assert made.control == "mse_again" and made.control not in made.losses and made.no_control == ""
    used = seeds_used(made)
    own = {seed for run, seed in used.items() if run.loss == made.control}
    assert len(own) == 2 and not own & {seed for run, seed in used.items() if run.loss != made.control}
    run = Run("redcnn", "mse_again", 0, 1)
    reference = Train.spec(made, Run("redcnn", "mse", 0, 1))
    assert Train.spec(made, run) == reference.model_copy(update={"seed": used[run]})


def test_with_the_control_no_other_training_is_planned_anew():
    without, made = plan(statistics={"negative_control": False}), plan()
    assert without.control is None and without.no_control == "statistics.negative_control is false"
    assert made.compared_runs == without.runs
    for run in without.runs:
        assert Train.spec(made, run) == Train.spec(without, run)
        assert Train.inputs(made, run) == Train.inputs(without, run)
    assert {run.loss for run in set(made.runs) - set(without.runs)} == {"mse_again"}


def test_the_control_is_judged_but_no_loss_of_the_analysis_or_of_the_report():
    made = plan()
    judged = Evaluate.inputs(made, ShardKey(0, 0)).predictions
    assert sum("mse_again" in str(path) for path in judged) == 2
    spec = Consistency.spec(made, Whole())
    assert spec.control == "mse_again" and "mse_again" not in spec.losses and "mse_again" not in spec.terms
    assert not any("mse_again" in str(path) for path in Report.inputs(made, Whole()).histories)
    assert "mse_again" not in {loss.name for loss in Report.spec(made, Whole()).losses}


def test_one_seed_has_no_control_and_says_why():
    made = plan(training={"seeds": [3]})
    assert made.control is None and "one seed" in made.no_control and made.runs == made.compared_runs


def test_a_loss_of_the_controls_name_is_a_mistake():
    with pytest.raises(ConfigError, match=r"losses.mse_again: .*negative_control: false"):
        plan(losses={"mse_again": "l1"})


def test_greater_seeds_than_the_usual_step_are_not_met():
    made = plan(training={"seeds": [0, 1_000_000, 2_000_000]})
    used = seeds_used(made)
    assert not {used[run] for run in made.runs if run.loss == made.control} & {0, 1_000_000, 2_000_000}


def test_weights_of_a_calibrated_reference_are_found_anew():
    terms = [{"use": "mse"}, {"use": "sobel", "psi": 0.2}]
    made = plan(losses={"mse": {"terms": terms}})
    seeds = [Calibrate.spec(made, TuningKey("redcnn", loss, 0)).seed for loss in ("mse", "mse_again")]
    assert seeds[0] == 0 and seeds[1] > 1


@pytest.mark.parametrize("losses", [None, {"mse": "mse", "edge": "l1 + 0.5 * sobel"}])
def test_an_aa_study_is_one_loss_under_several_names(losses, tmp_path, capsys):
    mine, aa = tmp_path / "my.yaml", tmp_path / "aa.yaml"
    manifest = {"cohort": {"manifest": str(PROJECT / "tests/study/reduced.csv")}}
    mine.write_text(yaml.safe_dump(manifest | ({"losses": losses} if losses else {})))
    assert main(["aa", str(mine), "--loss", "edge", "--seeds", "3", "-o", str(aa)]) == 0
    made = Plan(load_files(mine, aa), weights_dir=tmp_path)
    assert made.losses == ["edge_1", "edge_2", "edge_3"] and made.control is None
    used = seeds_used(made)
    per_loss = [{seed for run, seed in used.items() if run.loss == loss} for loss in made.losses]
    assert len(set.union(*per_loss)) == sum(map(len, per_loss)) == 9
    terms = [Train.spec(made, run).terms for run in made.runs]
    assert [term.use for term in terms[0]] == ["l1", "sobel"] and all(each == terms[0] for each in terms)
    assert main(["check", str(mine), str(aa)]) == 0
    assert "3 losses" in capsys.readouterr().out


def test_an_aa_study_names_what_it_cannot_do(tmp_path, capsys):
    assert main(["aa", "--loss", "mze", "--seeds", "1", "-o", str(tmp_path / "aa.yaml")]) == 1
    said = capsys.readouterr().err
    assert "--loss: 'mze'" in said and "nearest is 'mse'" in said and "--seeds: found 1" in said
    assert not (tmp_path / "aa.yaml").exists()
