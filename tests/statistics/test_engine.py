"""The engine against referees: textbook mean squares, brute force with unequal folds and holes, Student's t."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ldct.statistics.inference.components import Components, components, power, power_interval
from ldct.statistics.inference.contrasts import (
    BY_FOLDS,
    BY_NOTHING,
    BY_RUNS,
    contrasts,
    pair_weights,
    reference_weights,
    rest_weights,
)
from ldct.statistics.inference.families import adjusted
from ldct.statistics.inference.sample import Sample, paired_means
from tests.support.simulated import draw_sample

PAIR = np.array([[1.0, -1.0]])


def test_balanced_variance_is_the_anova_of_statsmodels():
    """Mean squares of patient and run within folds by least squares, combined as the closed form says."""
    import pandas as pd
    import statsmodels.formula.api as smf
    from statsmodels.stats.anova import anova_lm

    sample = draw_sample(np.random.default_rng(3), patients=12, seeds=3, folds=3, losses=2, metrics=1, run_sd=0.5)
    found = contrasts(sample, PAIR)
    loss, seed, patient = np.indices(sample.values[0].shape).reshape(3, -1)
    frame = pd.DataFrame({"y": sample.values[0].ravel(), "loss": loss, "seed": seed, "patient": patient})
    frame["fold"] = sample.fold_of[patient]
    runs = rest = 0.0
    for _, part in frame.groupby(["loss", "fold"]):
        table = anova_lm(smf.ols("y ~ C(patient) + C(seed)", part).fit())
        runs += table.loc["C(seed)", "sum_sq"] / (3 * 2)
        rest += table.loc["Residual", "sum_sq"] / (9 * 2)
    d = frame.pivot_table(index="patient", columns="loss", values="y")
    gap = pd.DataFrame({"d": d[0] - d[1], "fold": sample.fold_of})
    patients = 3 * anova_lm(smf.ols("d ~ C(fold)", gap).fit()).loc["Residual", "mean_sq"]
    expected = max(patients + runs - rest, patients, runs) / (12 * 3)
    assert found.variance[0, 0] == pytest.approx(expected, rel=1e-9)
    assert found.estimate[0, 0] == pytest.approx(gap["d"].mean())
    assert (found.method == BY_RUNS).all()


@pytest.mark.parametrize("holes", [False, True])
def test_unequal_folds_and_missing_cells_by_brute_force(holes):
    """The mean of the estimated variance (unbounded) over studies is the variance of the estimate over studies."""
    rng = np.random.default_rng(4)
    fold_of = np.array([0] * 3 + [1] * 7 + [2] * 5)
    estimates, variances, p = [], [], []
    for _ in range(60):
        sample = draw_sample(
            rng, fold_of=fold_of, seeds=3, losses=2, metrics=50, correlation=0.0, run_sd=0.5, residual_sd=0.6
        )
        if holes:
            sample.values[:, 0, 2, fold_of == 1] = np.nan  # a failed run
            sample.values[:, 1, 0, 4:6] = np.nan  # values that a metric does not give
            sample.values[:, 1, :, 12] = np.nan  # a patient without the second loss
        found = contrasts(sample, PAIR)
        estimates.append(found.estimate[:, 0])
        variances.append((found.of_patients + found.of_runs - found.of_rest)[:, 0])
        p.append(found.p()[:, 0])
    assert np.mean(variances) == pytest.approx(np.var(estimates), rel=0.08)
    # Bounded from below and with careful degrees of freedom, the test errs to the safe side.
    rejected = int((np.array(p) <= 0.05).sum())
    assert stats.binomtest(rejected, 3000, 0.05, alternative="greater").pvalue > 0.01
    assert rejected / 3000 > 0.02


def test_one_seed_is_the_t_test_of_fold_means():
    sample = draw_sample(np.random.default_rng(5), patients=20, seeds=1, folds=5, losses=3, metrics=2)
    found = contrasts(sample, reference_weights(3, 0))
    assert (found.method == BY_FOLDS).all()
    d = sample.values[0, 1, 0] - sample.values[0, 0, 0]
    means = np.array([d[sample.fold_of == fold].mean() for fold in range(5)])
    test = stats.ttest_1samp(means, 0)
    assert found.p()[0, 0] == pytest.approx(test.pvalue)
    ends = test.confidence_interval(0.95)
    assert np.array(found.interval(0.95))[:, 0, 0] == pytest.approx([ends.low, ends.high])


def test_one_training_and_two_folds_have_no_answer():
    sample = draw_sample(np.random.default_rng(6), patients=30, seeds=1, folds=2, losses=3, metrics=2, better=9.0)
    found = contrasts(sample, pair_weights(3))
    assert (found.method == BY_NOTHING).all()
    assert (found.p() == 1).all() and np.isnan(found.interval(0.95)).all()
    assert (adjusted(found, 200, np.random.default_rng(0)) == 1).all()


def test_folds_that_differ_beyond_their_runs_become_the_replicates():
    rng = np.random.default_rng(7)
    sample = draw_sample(rng, patients=30, seeds=3, folds=5, losses=4, metrics=6)
    assert (contrasts(sample, pair_weights(4)).method == BY_RUNS).all()
    sample.values[:] += rng.normal(0, 2, (6, 4, 1, 5))[..., sample.fold_of]
    assert (contrasts(sample, pair_weights(4)).method == BY_FOLDS).all()


def test_a_failed_run_costs_its_loss_alone():
    sample = draw_sample(np.random.default_rng(8), patients=12, seeds=2, folds=3, losses=4, metrics=3)
    whole = contrasts(sample, pair_weights(4))
    broken = Sample(sample.values.copy(), sample.fold_of)
    broken.values[:, 3, :, sample.fold_of == 0] = np.nan
    found = contrasts(broken, pair_weights(4))
    own = pair_weights(4)[:, 3] != 0
    for name in ("estimate", "variance", "patients"):
        assert np.allclose(getattr(found, name)[:, ~own], getattr(whole, name)[:, ~own]), name
    assert (found.patients[:, own] == 8).all() and (found.patients[:, ~own] == 12).all()
    complete = np.array([True, True, True, False])
    rest = contrasts(broken, rest_weights(4, complete))
    assert rest.patients[0].tolist() == [12, 12, 12, 8]


def test_a_loss_under_two_names_ties_and_a_constant_metric_says_nothing():
    sample = draw_sample(np.random.default_rng(9), patients=12, seeds=2, folds=3, losses=3, metrics=2)
    sample.values[:, 2] = sample.values[:, 1]
    sample.values[1] = 4.2
    found = contrasts(sample, pair_weights(3))
    copy = 2  # loss 1 minus loss 2
    assert found.p()[0, copy] == 1 and found.p_within(1e-9)[0, copy] == 0
    assert (found.p()[1] == 1).all() and (found.estimate[1] == 0).all()


def test_equivalence_is_two_one_sided_tests():
    sample = draw_sample(np.random.default_rng(10), patients=30, seeds=3, folds=5, losses=2, metrics=1)
    found = contrasts(sample, PAIR)
    low, high = found.interval(0.90)
    margin = float(max(abs(low[0, 0]), abs(high[0, 0])))
    # The margin that the 90 % interval just fills is the one of which the test's p is .05.
    assert found.p_within(margin)[0, 0] == pytest.approx(0.05)
    assert found.p_within(margin * 1.2)[0, 0] < 0.05 < found.p_within(margin * 0.8)[0, 0]


def test_adjusted_p_grow_and_copies_cost_nothing():
    """A metric copied under other names leaves the family as it was; Holm's would count it again."""
    rng = np.random.default_rng(11)
    sample = draw_sample(rng, patients=30, seeds=3, folds=5, losses=4, metrics=1)
    once = contrasts(sample, reference_weights(4, 0))
    copied = contrasts(Sample(np.repeat(sample.values, 10, 0), sample.fold_of), reference_weights(4, 0))
    one, ten = (adjusted(found, 4000, np.random.default_rng(0)) for found in (once, copied))
    assert (one >= once.p() - 1e-12).all()
    assert ten[0].min() < 3 * one.min()


def test_components_of_a_study_are_recovered_and_plan_its_power():
    rng = np.random.default_rng(12)
    sample = draw_sample(rng, patients=30, seeds=3, folds=5, losses=6, metrics=60, correlation=0.0, run_sd=0.2)
    parts = components(sample)
    means = [np.mean([getattr(one, name) for one in parts]) for name in ("patient_loss", "run", "rest")]
    assert means == pytest.approx([0.09, 0.04, 0.01 / 6], rel=0.1)
    truth = Components(1.0, 0.09, 0.04, 0.01 / 6, 20, 20)
    told = []
    for _ in range(40):
        study = draw_sample(
            rng, patients=30, seeds=3, folds=5, losses=2, metrics=20, correlation=0.0, run_sd=0.2, better=0.4
        )
        told.append((contrasts(study, PAIR).p() <= 0.01).mean())
    planned = power(truth, 0.4, 30, 5, 3, tests=5)
    assert np.mean(told) == pytest.approx(planned, abs=0.08)
    ends = power_interval(truth, 0.4, 30, 5, 3, tests=5)
    assert ends is not None and ends[0] < planned < ends[1]
    assert power(truth, 0.4, 30, 2, 1) == 0 and power(truth, 0.4, 4, 2, 3) == 0
    assert power(truth, 0.4, 30, 5, 6) > power(truth, 0.4, 60, 5, 2) > power(truth, 0.4, 30, 5, 2)


def test_a_run_that_failed_takes_no_slices_from_the_others():
    rng = np.random.default_rng(13)
    good = rng.normal(size=(1, 2, 2, 6))
    good[0, 0, 0, 1:] = np.nan  # one slice of six: no value of this run
    good[0, 1, 1, 4] = np.nan  # one slice absent: left out for all
    patient_of = np.zeros(6, int)
    found = paired_means(good, patient_of, 1)
    kept = [0, 1, 2, 3, 5]
    assert np.isnan(found[0, 0, 0, 0])
    assert found[0, 0, 1, 0] == pytest.approx(good[0, 0, 1, kept].mean())
    assert found[0, 1, 1, 0] == pytest.approx(good[0, 1, 1, kept].mean())
