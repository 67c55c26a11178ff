"""Planned power is that of the engine on simulated studies, and a pilot that is too small gives no number."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest

from ldct.__main__ import main
from ldct.planning.designs import Cost, Effect, cheapest, designs
from ldct.statistics.inference.components import Components, components
from ldct.statistics.inference.contrasts import contrasts, pair_weights
from ldct.statistics.inference.planned import Size, power, power_interval
from tests.support.simulated import draw_sample
from tests.support.synthetic_metrics import SyntheticStudy, write_study

PAIR = pair_weights(2)
KNOWN = 1e9
STUDIES, METRICS = 80, 30


def stated(run=0.2, residual=0.1):
    """Components of `draw_sample` with these SDs, and six slices."""
    return Components(1.0, 0.09, run**2, residual**2 / 6, KNOWN, KNOWN)


@pytest.mark.parametrize(
    ("size", "run", "residual", "effect", "tests"),
    [
        ((8, 2, 3), 0.2, 0.1, 0.5, 1),
        ((10, 5, 3), 0.2, 0.1, 0.5, 1),
        ((30, 5, 1), 0.2, 0.1, 0.4, 1),
        ((30, 5, 3), 0.2, 0.1, 0.4, 10),
        ((20, 4, 2), 0.4, 0.1, 0.5, 1),
        ((12, 3, 5), 0.05, 1.0, 0.5, 1),
        ((40, 2, 2), 0.2, 0.1, 0.5, 1),
        ((30, 5, 3), 0.0, 0.1, 0.2, 1),
        ((30, 5, 3), 0.2, 0.1, 0.0, 1),
    ],
)
def test_planned_power_is_that_of_simulated_studies(size, run, residual, effect, tests):
    rng = np.random.default_rng(1)
    patients, folds, seeds = size
    told = []
    for _ in range(STUDIES):
        study = draw_sample(
            rng,
            patients=patients,
            folds=folds,
            seeds=seeds,
            losses=2,
            metrics=METRICS,
            correlation=0.0,
            run_sd=run,
            residual_sd=residual,
            better=effect,
        )
        told.append((contrasts(study, PAIR).p() <= 0.05 / tests).mean())
    planned = power(stated(run, residual), effect, *size, tests=tests)
    # The plan has Monte Carlo error too, which is smaller.
    error = max(np.std(told) / np.sqrt(STUDIES), 0.004)
    assert abs(np.mean(told) - planned) < 4 * error, (np.mean(told), planned, error)


def test_intervals_over_pilots_hold_the_true_power():
    rng = np.random.default_rng(2)
    planned = (30, 5, 3)
    for run in (0.0, 0.2):
        truth = power(stated(run), 0.3, *planned)
        pilot = draw_sample(
            rng, patients=12, folds=2, seeds=3, losses=3, metrics=120, correlation=0.0, run_sd=run, slices=6
        )
        ends = [power_interval(parts, 0.3, *planned) for parts in components(pilot)]
        held = np.mean([low <= truth <= high for low, high in (pair for pair in ends if pair)])
        # 90 % of 120; where there is no run noise the truth lies at the end of what is possible.
        assert len([pair for pair in ends if pair]) == 120
        assert held >= 0.9 - 3 * np.sqrt(0.09 / 120), (run, held)


def test_what_the_policy_refuses_has_no_power():
    assert power(stated(), 0.5, 30, 2, 1) == 0 and "one training" in Size(30, 2, 1).refusal
    assert power(stated(), 0.5, 5, 1, 3) == 0 and "5 patients" in Size(5, 1, 3).refusal
    assert power(stated(), 0.5, 30, 1, 2) == 0 and "third seed" in Size(30, 1, 2).refusal
    assert Size(30, 3, 1).refusal == Size(6, 2, 2).refusal == ""
    assert np.isnan(power(Components(1, 0.1, np.nan, np.nan, 10, 0), 0.5, 30, 5, 3))
    assert power(stated(), 50.0, 100, 5, 10) == 1


def test_the_cheapest_design_depends_on_the_cost():
    effects = [Effect("rmse", 0.4, stated(), pilot=False), Effect("ssim", 0.35, stated(), pilot=False)]
    sizes = {
        "patients": (20, 30, 50, 100),
        "folds": (5,),
        "seeds": (1, 2, 3, 5),
        "losses": 4,
        "tests": 1,
        "alpha": 0.05,
    }
    by_patient = cheapest(designs(effects, **sizes, cost=Cost(training=0.001, patient=1)), 0.8)
    by_training = cheapest(designs(effects, **sizes, cost=Cost(training=1, patient=0.001)), 0.8)
    assert by_patient and by_training
    assert by_patient.patients < by_training.patients and by_patient.trainings > by_training.trainings
    # Brute force, by the effect that is hardest to tell.
    rows = designs(effects, **sizes, cost=Cost(1, 2))
    enough = [row for row in rows if power(stated(), 0.35, row.patients, row.folds, row.seeds) >= 0.8]
    best = cheapest(rows, 0.8)
    assert best and best.cost == min(row.trainings + 2 * row.patients for row in enough)
    assert cheapest(designs([Effect("rmse", 0.001, stated(), pilot=False)], **sizes), 0.8) is None


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pilot")
    study = SyntheticStudy(losses=("mse", "l1", "vgg"), patients=12, folds=2, seeds=(0, 1, 2), metrics=("rmse", "ssim"))
    write_study(folder / "metrics", study)
    return folder


def test_a_pilot_plans_with_an_interval(pilot, tmp_path, capsys):
    words = ["--pilot", str(pilot), "--effect", "rmse=1", "--tests", "1", "--patients", "20", "60", "--seeds", "2", "4"]
    assert main(["plan", *words, "--cost", "training=5", "patient=1", "-o", str(tmp_path / "plan.csv")]) == 0
    said = capsys.readouterr().out
    assert "pilot: 12 patients, 3 losses, 2 folds, 3 seeds" in said
    assert re.search(r"cheapest design that reaches power 0.8: \d+ patients, 2 folds, \d seeds", said)
    rows = list(csv.DictReader((tmp_path / "plan.csv").open()))
    assert len(rows) == 4 and all(float(r["low"]) < float(r["power"]) < float(r["high"]) for r in rows)
    assert float(rows[0]["cost"]) == 5 * 3 * 2 * 2 + 20


def test_an_effect_in_sds_is_one_in_units(pilot, capsys):
    sizes = ["--patients", "20", "--seeds", "3"]
    assert main(["plan", "--sd", "patient=.3", "run=.2", "rest=.04", "between=2", "--effect", "rmse=.2sd", *sizes]) == 0
    in_sd = capsys.readouterr().out
    assert main(["plan", "--sd", "patient=.3", "run=.2", "rest=.04", "--effect", "rmse=.4", *sizes]) == 0
    assert in_sd == capsys.readouterr().out and "difference of 0.4" in in_sd
    assert main(["plan", "--sd", "patient=.3", "run=.2", "rest=.04", "--effect", "rmse=.2sd", *sizes]) == 1
    assert "between" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seeds": (0,)}, "one training a loss and fold"),
        ({"patients": 4}, "4 patients"),
    ],
)
def test_a_pilot_that_is_too_small_gives_no_number(change, reason, tmp_path, capsys):
    options = {"losses": ("mse", "l1"), "patients": 12, "metrics": ("rmse",), "seeds": (0, 1), **change}
    write_study(tmp_path / "metrics", SyntheticStudy(**options))
    assert main(["plan", "--pilot", str(tmp_path), "--effect", "rmse=1"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("cannot tell: ") and reason in said and "power" not in said


def test_mistakes_of_the_command_line(pilot, capsys):
    for words, said in (
        (["--pilot", str(pilot), "--effect", "rmsee=1"], "nearest is 'rmse'"),
        (["--pilot", str(pilot), "--effect", "rmse=0"], "other than 0"),
        (["--sd", "patient=1", "runs=2", "rest=x", "--effect", "rmse=1"], "nearest is 'run'"),
        (["--sd", "patient=1", "--effect", "rmse=1"], "no run=..."),
    ):
        assert main(["plan", *words]) == 1
        assert said in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["plan", "--effect", "rmse=1"])
