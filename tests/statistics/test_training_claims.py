"""Training claims: metrics that are functions of the loss are not called erratic; those that are not, are told."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ldct.statistics.ceiling import half_agreement, least_concordance, most_reversals, positive_controls
from ldct.statistics.claims import answer
from ldct.statistics.claims_of_training import claims_of_training
from ldct.statistics.trajectories import trajectories
from ldct.statistics.trajectory import erratic, follow
from tests.support.simulated_courses import course_settings, draw_courses

AGAINST = ("does not follow the loss", "opposes the loss")
SMALL: dict[str, Any] = {"losses": 3, "metrics": 6}


def asked(seed: int, measured=None, **truth):
    """Rows of the summary and answers to the claims of a simulated study; `measured` may change the histories."""
    rng = np.random.default_rng(seed)
    dense, histories = draw_courses(rng, **SMALL | truth)
    if measured is not None:
        histories = replace(histories, loss={key: measured(rng, loss) for key, loss in histories.loss.items()})
    settings = course_settings(dense, 100, seed)
    *_, summary, courses = trajectories(dense, histories, settings)
    claims = claims_of_training(courses, dense, 0, settings)
    return summary, {claim.claim: answer(claim, "network", settings)[0] for claim in claims}


def against(summary, claims) -> bool:
    table = any(row["verdict"] in AGAINST or row["course"] == "erratic" for row in summary)
    return table or claims["a"]["verdict"] == "supported" or claims["c"]["verdict"] == "supported"


@pytest.mark.parametrize("slice_sd", [0.3, 2.0])
def test_functions_of_the_loss_are_not_called_erratic(slice_sd):
    """Patients, slices, runs and the validation loss are noisy; the truth is that every metric follows."""
    wrong = [against(*asked(seed, slice_sd=slice_sd, patients=8, seeds=3, folds=2)) for seed in range(40)]
    assert stats.binomtest(sum(wrong), 40, 0.05, alternative="greater").pvalue > 0.01


def test_a_metric_that_follows_a_loss_that_turns_is_not_erratic():
    wrong = [against(*asked(seed, loss_wobble=0.6, patients=12, seeds=3)) for seed in range(20)]
    assert sum(wrong) <= 3


def test_metrics_that_move_on_their_own_are_told():
    """The rates above are not low because nothing is ever said."""
    for seed in range(3):
        summary, claims = asked(seed, wobble=3.0, patients=20, seeds=4, folds=5)
        assert claims["a"]["verdict"] == claims["c"]["verdict"] == "supported"
        rows = {row["metric"]: row for row in summary if row["loss"] == "all"}
        assert rows["metric0"]["verdict"] == "follows the loss" and rows["metric0"]["course"] == "steady"
        moved = [row for name, row in rows.items() if name != "metric0"]
        assert [row["course"] for row in moved] == ["erratic"] * 5
        assert sum(row["verdict"] in AGAINST for row in moved) >= 3


def test_metrics_that_follow_are_said_to_follow():
    summary, claims = asked(1, slice_sd=0.1, patients=12, seeds=3, folds=3)
    assert claims["a"]["verdict"] == "contradicted" and claims["c"]["verdict"] == "contradicted"
    rows = [row for row in summary if row["loss"] == "all"]
    assert {row["verdict"] for row in rows} == {"follows the loss"}
    assert sum(row["course"] == "steady" for row in rows) >= 4 and not any(row["course"] == "erratic" for row in rows)


def test_without_the_positive_control_nothing_is_said():
    """A validation loss that says nothing: no metric follows it, the one that equals the loss neither."""
    summary, claims = asked(2, lambda rng, loss: rng.permutation(loss), patients=12, seeds=3, folds=3)
    assert {row["verdict"] for row in summary} == {"cannot tell"}
    assert claims["a"]["verdict"] == "cannot tell"
    assert "equals the loss does not surely follow it" in claims["a"]["sentence"]


def test_one_training_cannot_tell():
    summary, claims = asked(3, wobble=1.5, patients=12, seeds=1, folds=2)
    assert {row["verdict"] for row in summary} == {row["course"] for row in summary} == {"cannot tell"}
    assert {row["verdict"] for row in claims.values()} == {"cannot tell"}


def test_courses_are_those_of_means_over_patients():
    dense, histories = draw_courses(np.random.default_rng(4), slice_sd=2.0, **SMALL)
    *_, courses = trajectories(dense, histories, course_settings(dense, 100))
    run = np.flatnonzero(dense.fold_of == 1)
    mean = dense.course[2, 0, 1, 2][:, run].mean(1)
    loss = histories.loss["network", "loss1", 1, 2]
    assert courses.measures["concordance"][2, 0, 1, 2, run] == pytest.approx(float(follow(-loss, mean)["concordance"]))
    assert courses.measures["reversal_rate"][2, 0, 1, 2, run] == pytest.approx(float(erratic(mean)["reversal_rate"]))
    single = erratic(dense.course[2, 0, 1, 2].T)["reversal_rate"].mean()
    assert single > courses.measures["reversal_rate"][2, 0, 1, 2].mean()


def test_halves_by_hand():
    rng = np.random.default_rng(5)
    y = rng.normal(size=(3, 4, 6))
    whole = np.ones((3, 4), bool)
    expected = []
    for half in combinations(range(4), 2):
        rest = [p for p in range(4) if p not in half]
        a, b = y[:, half].mean(1), y[:, rest].mean(1)
        expected.append((np.sign(np.diff(a)) == np.sign(np.diff(b))).mean(1))
    assert half_agreement(y, whole, rng) == pytest.approx(np.mean(expected, 0))
    assert np.isnan(half_agreement(y[:, :1], whole[:, :1], rng)).all()
    same = np.repeat(y[:, :1], 4, 1)
    assert (half_agreement(same, whole, rng) == 1).all()


def test_the_ceiling_holds_for_any_noise():
    """Simulated steps with unequal chances of moving the wrong way: the bounds lie on the safe side of the truth."""
    rng = np.random.default_rng(6)
    studies, patients, k = 4000, 4, 7
    true = np.cumsum(rng.exponential(1, (k,)))  # a loss that improves at every step
    y = true + rng.normal(0, 3, (studies, patients, k))
    control = true + rng.normal(0, 0.4, (studies, k))
    measured = true + rng.normal(0, 0.4, (studies, k))

    def concordance(a, b):
        return (np.sign(np.diff(a)) == np.sign(np.diff(b))).mean()

    halves = half_agreement(y, np.ones((studies, patients), bool), rng).mean()
    bound = float(least_concordance(np.array([concordance(measured, control)]), np.array([[halves]]))[0, 0])
    assert bound < concordance(measured, y.mean(1))
    turns = erratic(y.mean(1))["reversal_rate"].mean()
    assert turns < float(most_reversals(np.array(0.0), np.array(halves), np.array(float(k))))


def test_controls_are_what_a_loss_of_one_term_declares():
    dense, _ = draw_courses(np.random.default_rng(7), **SMALL)
    terms = course_settings(dense, 100).terms
    assert positive_controls(dense.criteria, dense.losses, terms) == [[0], [], []]
    both = {**terms, "loss0": [*terms["loss0"], *terms["loss1"]]}
    assert positive_controls(dense.criteria, dense.losses, both) == [[], [], []]
