"""The gate on verdicts: studies whose truth is known, with noise of runs, through the functions that write the tables.

`make bench-verdicts` measures the same at every design; here are few studies, and bounds that a fault would break.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.verdicts import covered, false_verdicts, told, verdicts_of
from ldct.statistics.evidence import Verdicts
from ldct.statistics.inference.common_order import belt, common_share
from ldct.statistics.inference.draws import level_draws
from ldct.statistics.inference.sample import Sample
from ldct.statistics.panel import panels
from ldct.statistics.panel_rows import panel_rows
from ldct.statistics.policy import Evidence, Policy, Reason, Verdict
from tests.support.simulated import dense_of, draw_sample, settings_of


@pytest.mark.parametrize("design", [(8, 3, 2), (30, 1, 5)])
def test_equal_losses_get_no_verdict(design):
    """At most 5 % of studies in any one question, up to chance; an analysis that ignores runs errs in two thirds."""
    studies = 20
    found = [false_verdicts(seed, design, 0.2) for seed in range(studies)]
    for question in found[0]:
        wrong = sum(one[question] for one in found)
        assert stats.binomtest(wrong, studies, 0.05, alternative="greater").pvalue > 0.005, question


def test_one_training_in_two_folds_says_so():
    rng = np.random.default_rng(0)
    verdicts = verdicts_of(rng, (8, 1, 2), 0.2, better=3.0)
    rows = panel_rows(verdicts, verdicts.panel.bootstrap(100, rng))
    for table, column in (
        ("friedman", "verdict"),
        ("contrasts", "verdict"),
        ("posthoc", "verdict"),
        ("best_loss", "sure"),
    ):
        assert {row[column] for row in rows[table]} == {Verdict.CANNOT_TELL}, table
        assert all(row["reason"].startswith(Reason.ONE_TRAINING) for row in rows[table]), table
    assert all("two seeds" in row["reason"] for row in rows["contrasts"])


def test_a_better_loss_is_found_and_called_sure_by_trainings():
    assert told(0, (30, 3, 5), 0.0) > 0.8
    rng = np.random.default_rng(1)
    verdicts = verdicts_of(rng, (30, 3, 5), 0.2, better=1.5)
    rows = panel_rows(verdicts, verdicts.panel.bootstrap(100, rng))
    assert {row["loss_apart"] for row in rows["friedman"]} == {"loss1"}
    assert {(row["loss"], row["sure"]) for row in rows["best_loss"]} == {("loss1", "sure")}
    assert all(row["runs"] == 30 and row["patients"] == 30 and row["folds"] == 5 for row in rows["contrasts"])


@pytest.mark.parametrize("spread", [0.15, 1.0])
def test_intervals_of_w_hold_the_true_w(spread):
    """Losses close together and apart, metrics of one mind and of several; misses beyond chance fail."""
    hits = [covered(seed, (8, 3, 2), spread, common) for seed in range(8) for common in (0.0, 0.5, 1.0)]
    for place in (0, 1):
        missed = sum(not hit[place] for hit in hits)
        assert stats.binomtest(missed, len(hits), 0.05, alternative="greater").pvalue > 0.01


def test_metrics_that_trade_off_are_told_from_metrics_of_a_construct_that_disagree():
    rng = np.random.default_rng(2)
    order = np.linspace(-2, 2, 6)
    sides = np.array([1.0, 1.0, -1.0, -1.0]).repeat(3)
    verdicts = verdicts_of(rng, (30, 3, 5), 0.2, effects=sides[:, None] * order)
    rows = verdicts_rows(verdicts, rng)
    assert rows["between constructs", "", ""]["verdict"] in ("agree weakly", "agree less than strongly")
    assert all(rows["within a construct", name, ""]["verdict"] == "agree strongly" for name in ("fidelity", "noise"))
    turned = np.ones(12)
    turned[0] = -1.0
    verdicts = verdicts_of(rng, (30, 3, 5), 0.2, effects=turned[:, None] * order)
    rows = verdicts_rows(verdicts, rng)
    assert rows["within a construct", "fidelity", ""]["verdict"] in ("agree weakly", "agree less than strongly")
    assert rows["within a construct", "fidelity", "metric0"]["verdict"] == "agree strongly"
    assert rows["between constructs", "", ""]["verdict"] == "agree strongly"


def verdicts_rows(verdicts, rng):
    rows = panel_rows(verdicts, verdicts.panel.bootstrap(100, rng))["votes"]
    return {(row["question"], row["construct"], row["left_out"]): row for row in rows}


def test_a_metric_without_a_vote_does_not_count():
    rng = np.random.default_rng(3)
    verdicts = verdicts_of(rng, (8, 3, 2), 0.2)
    verdicts.settings = verdicts.settings.model_copy(update={"voteless": ["metric0", "metric1", "metric2"]})
    rows = verdicts_rows(verdicts, rng)
    assert rows["between constructs", "", ""]["judges"] == 3
    assert "metric0," not in rows["between constructs", "", ""]["metrics"] + ","


def test_draws_of_levels_have_the_spread_of_other_studies():
    """Draws of one study have, over many studies, the variance that levels have from study to study."""
    rng = np.random.default_rng(4)
    levels, spreads = [], []
    for _ in range(60):
        sample = draw_sample(rng, patients=12, seeds=3, folds=3, losses=3, metrics=20, correlation=0.0, run_sd=0.4)
        draws, clusters, trained = level_draws(sample, 200, rng)
        assert trained and clusters == 10  # twelve patients in three folds
        gap = draws[..., 0] - draws[..., 1]
        spreads.append(gap.var(0))
        mean = sample.values.mean((2, 3))
        levels.append(mean[:, 0] - mean[:, 1])
        assert np.allclose(draws.mean(0), mean, atol=0.4)
    assert np.mean(spreads) == pytest.approx(np.var(levels), rel=0.12)


def test_the_share_in_common_is_a_correlation_without_its_noise():
    rng = np.random.default_rng(5)
    effects = rng.normal(size=(2000, 4, 6))
    common = effects[:, :1] * np.sqrt(0.6) + rng.normal(size=(2000, 4, 6)) * np.sqrt(0.4)
    noise = np.diag([0.5] * 4)
    seen = common + rng.normal(size=common.shape) * np.sqrt(0.5)
    judges = [np.array([c]) for c in range(4)]
    # Standardised by one scale for all, so that the ratio of means can be taken over studies.
    scale = np.tile([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0], (4, 1)) / np.sqrt(1.2)
    found = common_share(seen, noise, scale, judges)
    assert np.nanmedian(found) == pytest.approx(0.6, abs=0.06)
    assert common_share(np.repeat(effects[:5, :1], 4, 1), 0 * noise, scale, judges) == pytest.approx(1.0)


def test_a_belt_covers_what_it_should():
    rng = np.random.default_rng(6)
    true = rng.uniform(size=4000)
    seen = true + rng.normal(0, 0.2, 4000)
    inside = [
        low <= t <= high
        for t, s in zip(true[:300], seen[:300], strict=True)
        for low, high in [belt(true, seen, s, 0.95)]
    ]
    assert 0.93 <= np.mean(inside) <= 1
    low, high = belt(true, seen, 0.5, 0.95)
    assert 0.2 < high - 0.5 < 0.6 and 0.2 < 0.5 - low < 0.6


def evidence(**changes: object) -> Evidence:
    base: dict = {"estimate": 1.0, "p": 1.0, "p_same": 1.0, "patients": 30, "folds": 5, "runs": 30, "least_runs": 3}
    return Evidence(**(base | {"answered": True} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"p": 0.01}, Verdict.BETTER, Reason.NONE),
        ({"p": 0.01, "estimate": -1.0}, Verdict.WORSE, Reason.NONE),
        ({"p_same": 0.01}, Verdict.SAME, Reason.NONE),
        ({}, Verdict.CANNOT_TELL, Reason.UNCERTAIN),
        ({"p": 1e-9, "patients": 2}, Verdict.CANNOT_TELL, Reason.PATIENTS),
        ({"p": 1e-9, "answered": False, "least_runs": 1}, Verdict.CANNOT_TELL, Reason.ONE_TRAINING),
        ({"p": 1e-9, "answered": False}, Verdict.CANNOT_TELL, Reason.FEW_TRAININGS),
        ({"p": 1e-9, "patients": 0}, Verdict.CANNOT_TELL, Reason.NO_VALUES),
        ({"p": 1e-9, "varies": False}, Verdict.CANNOT_TELL, Reason.NO_VARIATION),
    ],
)
def test_the_policy_names_what_is_missing(changes, verdict, reason):
    answer = Policy().compare(evidence(**changes))
    assert (answer.verdict, answer.reason) == (verdict, reason)
    assert bool(answer.why) == (verdict == Verdict.CANNOT_TELL)


def test_losses_that_are_the_same_are_called_so():
    """With a wide margin equal losses are the same; a margin in the metric's goodness counts before the usual one."""
    rng = np.random.default_rng(7)
    verdicts = verdicts_of(rng, (30, 3, 5), 0.0)
    stated = {criterion.metric: 0.8 for criterion in verdicts.panel.criteria}
    verdicts.settings = verdicts.settings.model_copy(update={"margins": stated})
    rows = panel_rows(verdicts, verdicts.panel.bootstrap(100, rng))["contrasts"]
    assert {row["verdict"] for row in rows} == {Verdict.SAME}
    assert {row["margin"] for row in rows} == {0.8}


def test_a_study_with_a_copied_loss_calls_it_the_same():
    rng = np.random.default_rng(8)
    sample = draw_sample(rng, patients=12, seeds=2, folds=3)
    sample = Sample(np.concatenate([sample.values, sample.values[:, :1]], 1), sample.fold_of)
    dense = dense_of(rng, sample)
    verdicts = Verdicts(panels(dense)[0][0], settings_of(dense, 100))
    rows = panel_rows(verdicts, verdicts.panel.bootstrap(100, rng))
    copied = [row for row in rows["contrasts"] if row["loss"] == "loss6"]
    assert {row["verdict"] for row in copied} == {Verdict.SAME}
    assert not any(row["sure"] == "sure" for row in rows["best_loss"] if row["loss"] in ("loss0", "loss6"))
