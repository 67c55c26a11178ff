"""The claims on studies whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ldct.statistics.claims_of_ranking import choice_scores
from tests.support.simulated import draw_sample
from tests.support.synthetic_metrics import SyntheticStudy

METRICS = ("rmse", "psnr", "ssim", "fsim", "vifp", "haarpsi", "niqe_skvideo", "noise_sd_ratio")
STUDY = SyntheticStudy(metrics=METRICS, windows=("soft_tissue",), slices=3, home_bonus=0.0, seed_sd=0.05)


def claim(tables: dict[str, pd.DataFrame], letter: str, part: str) -> pd.Series:
    rows = tables["hypotheses"].query("claim == @letter and part == @part")
    assert len(rows) == 1
    return rows.iloc[0]


def test_metrics_of_one_mind_contradict_disagreement(analyse_study):
    row = claim(analyse_study(replace(STUDY, agreement=1.0, loss_sd=3.0), bootstrap_draws=200), "a", "ranking")
    assert row.verdict == "contradicted" and row.effect > 0.9


def test_quarrelling_metrics_support_disagreement(analyse_study):
    row = claim(analyse_study(replace(STUDY, agreement=0.0, loss_sd=2.0, seed=3), bootstrap_draws=200), "a", "ranking")
    assert row.verdict == "supported"
    assert row.effect_low <= row.effect <= row.effect_high < 0.7
    assert row.sentence.startswith("Supported: ")


def test_losses_that_do_not_differ_support_nothing(analyse_study):
    """Metrics rank equal losses at random; that is noise, not disagreement. Verdicts of ten null studies."""
    # The noise of a run is shared by its patients, so it would be a true difference between the trained networks.
    null = replace(STUDY, loss_sd=0.0, seed_sd=0.0, wobble_sd=0.0, validation_noise=0.0)
    null = replace(null, losses=STUDY.losses[:4], seeds=(0,), checkpoints=(2, 4), slices=2)
    found = [analyse_study(replace(null, seed=seed), bootstrap_draws=100) for seed in range(10)]
    ranking = [claim(tables, "a", "ranking").verdict for tables in found]
    assert ranking.count("cannot tell") >= 9
    contrasts = pd.concat(tables["contrasts"] for tables in found)
    assert (contrasts.verdict != "cannot tell").mean() < 0.05
    p = pd.concat(tables["friedman"] for tables in found).p_permutation
    assert (p <= 0.05).mean() < 0.15


def test_no_number_of_patients_for_an_effect_that_may_be_none(analyse_study):
    """Equal losses: nothing says how large an effect there is, so nothing says how many patients would find it."""
    null = replace(STUDY, agreement=0.5, loss_sd=0.0, home_bonus=0.0, patients=8, slices=2)
    tables = [analyse_study(replace(null, seed=seed), bootstrap_draws=100) for seed in range(4)]
    rows = pd.concat(one["hypotheses"] for one in tables).dropna(subset=["effect_low"])
    holds = (rows.effect_low <= rows.threshold) & (rows.threshold <= rows.effect_high)
    assert holds.sum() >= 4 and rows[holds].patients_needed.isna().all()
    assert not rows[holds].sentence.str.contains("would do|probably").any()


def test_few_patients_cannot_tell(analyse_study):
    tables = analyse_study(replace(STUDY, agreement=0.0, loss_sd=2.0, patients=4), bootstrap_draws=200)
    rows = tables["hypotheses"]
    assert (rows.verdict == "cannot tell").all()
    row = claim(tables, "a", "ranking")
    # The interval holds the threshold, so that no number of patients follows from the effect.
    assert "4 patients are too few" in row.sentence and "would do" not in row.sentence
    assert not len(tables["power"].query("question == 'a ranking'"))


def test_steady_courses_contradict_erratic_ones(analyse_study):
    calm = replace(STUDY, wobble_sd=0.0, residual_sd=0.01, checkpoints=(1, 2, 3, 4, 6, 8))
    wild = replace(STUDY, wobble_sd=3.0, checkpoints=(1, 2, 3, 4, 6, 8), seeds=(0, 1, 2, 3))
    assert claim(analyse_study(wild, bootstrap_draws=200), "c", "reversals").verdict == "supported"
    assert claim(analyse_study(calm, bootstrap_draws=200), "c", "reversals").verdict != "supported"
    rates = [
        analyse_study(study, bootstrap_draws=100)["trajectory_summary"].query("loss == 'all'").reversal_rate.mean()
        for study in (calm, wild)
    ]
    assert rates[0] < 0.25 and rates[1] == pytest.approx(2 / 3, abs=0.08)


def test_choice_is_scored_on_the_patient_left_out():
    # Loss 1 is best in patients 1 and 2 and bad in 0; each patient's choice comes from the other two.
    values = np.array([[[0.0, 0.0, 0.0], [-5.0, 3.0, 3.0]]])[:, :, None]
    assert choice_scores(values, 0, np.arange(3)).tolist() == [0.0, 0.5, 0.5]
    assert choice_scores(np.array([[[[0.0] * 4], [[1.0] * 4]]]), 0, np.arange(4)).tolist() == [1.0] * 4


def test_choice_is_judged_by_other_metrics_and_made_with_other_seeds():
    values = np.zeros((2, 2, 2, 4))
    fold_of = np.array([0, 0, 1, 1])
    values[0, 1], values[1, 1] = 1.0, -1.0  # metric 0 likes loss 1, metric 1 does not
    # Metric 0 chooses loss 1, which metric 1 calls worse; metric 1 chooses the reference itself.
    assert choice_scores(values, 0, fold_of, ~np.eye(2, dtype=bool)).tolist() == [0.25] * 4
    assert choice_scores(values, 0, fold_of).tolist() == [0.75] * 4
    # Luck of one seed, by one metric: it is never chosen where it is judged.
    lucky = np.zeros((1, 2, 2, 4))
    lucky[0, 1, 0], lucky[0, 1, 1] = 5.0, -1.0
    assert choice_scores(lucky, 0, fold_of).tolist() == [0.25] * 4


def test_choice_among_equal_losses_is_worth_nothing():
    rng = np.random.default_rng(5)
    means = []
    for _ in range(400):
        sample = draw_sample(rng, patients=9, folds=3, seeds=2, losses=5, metrics=6, run_sd=0.4)
        means.append(choice_scores(sample.values, 0, sample.fold_of, ~np.eye(6, dtype=bool)).mean())
    assert abs(np.mean(means) - 0.5) < 3.5 * np.std(means) / np.sqrt(400)
