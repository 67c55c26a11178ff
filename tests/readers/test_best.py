"""Left-out standard errors, multiple comparisons with the best, and the words, against independent referees."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ldct.readers.best import with_the_best
from ldct.readers.icc import clustered_bounds, icc
from ldct.readers.intervals import SHARE, interval
from ldct.readers.jackknife import Jackknife, Replicates
from ldct.readers.logistic import leaving_out, out_of_fold
from ldct.readers.mrmc import compare
from ldct.statistics.policy.readers import LOSS, METRIC, ReaderPolicy, verdict


def test_the_error_of_a_mean_is_that_of_the_analysis_of_variance():
    """Balanced scores of two images a patient: the crossed analysis of patient means, from its mean squares."""
    rng = np.random.default_rng(0)
    p, k = 7, 4
    of = np.repeat(np.arange(p), 2)
    scores = rng.normal(0, 1, (p, 1))[of] + rng.normal(0, 0.5, (1, k)) + rng.normal(0, 1, (2 * p, k))
    jackknife = Jackknife(of, k)

    def mean(sample):
        value, weights = sample.mean_scores(scores)
        return (value * weights).sum() / weights.sum()

    made = jackknife.replicates(mean)
    error, degrees = made.error()
    cells = scores.reshape(p, 2, k).mean(1)
    expected = compare(cells.T, np.zeros((k, p)))
    assert float(made.whole[0]) == pytest.approx(expected.difference)
    assert float(degrees[0]) == pytest.approx(expected.degrees)
    half = stats.t.ppf(0.975, expected.degrees) * float(error[0])
    assert expected.high - expected.difference == pytest.approx(half)


def test_one_fixed_panel_gives_the_t_test_of_patients():
    x = np.random.default_rng(1).normal(0.3, 1, 9)
    error, degrees = Jackknife(np.arange(9)).replicates(lambda s: (s.weights * x).sum() / s.weights.sum()).error()
    assert error[0] == pytest.approx(stats.sem(x)) and degrees[0] == 8


def _means(scores: np.ndarray) -> Replicates:
    """Replicates of all differences of column means of `scores` (patients, K)."""

    def less(means: np.ndarray) -> np.ndarray:
        return (means[..., :, None] - means[..., None, :]).reshape(*means.shape[:-1], -1)

    jackknife = Jackknife(np.arange(len(scores)))
    return jackknife.replicates(lambda s: s.weights @ scores / s.weights.sum()).of(less)


def test_two_estimates_are_compared_by_the_paired_t_test():
    scores = np.random.default_rng(2).normal(0, 1, (12, 2)) + [0.9, 0.0]
    result = with_the_best(_means(scores), 40_000, 0.05, np.random.default_rng(0))
    paired = stats.ttest_rel(scores[:, 0], scores[:, 1])
    assert result.p_pair[0, 1] == pytest.approx(paired.pvalue)
    # With two estimates the search for the best is a two-sided test.
    assert result.p[1] == pytest.approx(paired.pvalue, abs=0.01) and result.p[0] == 1
    expected = paired.confidence_interval()
    assert result.high[1] == pytest.approx(max(0.0, -expected.low), abs=0.03)
    assert result.low[1] == pytest.approx(-expected.high, abs=0.03)


def test_with_many_patients_p_is_tukeys():
    """Independent estimates of equal variance: the largest of all differences is the studentised range."""
    rng = np.random.default_rng(3)
    scores = rng.normal(0, 1, (90, 5))
    scores -= scores.mean(0)
    scores = np.linalg.qr(scores)[0] * np.sqrt(89) + [0.42, 0.0, 0.1, 0.05, 0.2]
    result = with_the_best(_means(scores), 40_000, 0.05, rng)
    spread = 0.42 / np.sqrt(1 / 90)
    assert result.p[1] == pytest.approx(stats.studentized_range.sf(spread, 5, 4 * 89), abs=0.015)
    assert (result.low <= result.value + 1e-9).all() and (result.value <= result.high + 1e-9).all()


def test_one_estimate_far_ahead_leaves_the_others_behind_and_is_best_alone():
    scores = np.random.default_rng(4).normal(0, 1, (15, 4)) + [5.0, 0.0, 0.0, 0.0]
    result = with_the_best(_means(scores), 2000, 0.05, np.random.default_rng(0))
    assert result.p[0] == 1 and (result.p[1:] < 0.01).all()
    assert (result.high[1:] == 0).all() and result.low[0] == 0


def test_a_pair_without_error_says_nothing_of_the_others():
    made = _means(np.random.default_rng(5).normal(0, 1, (15, 3)) + [5.0, 0.0, 0.0])
    patients = made.patients.copy()
    patients[:, [2, 5, 6, 7]] = np.nan
    result = with_the_best(Replicates(made.whole, patients, None, None), 1000, 0.05, np.random.default_rng(0))
    assert np.isnan(result.p[2]) and result.p[1] < 0.05


def test_a_share_of_one_in_every_patient_is_not_known_for_sure():
    """No spread, eight patients: the bound of Clopper & Pearson for eight of eight."""
    made = Jackknife(np.repeat(np.arange(8), 3)).replicates(lambda s: 1.0)
    _, low, high = interval(made, SHARE, 0.95, 8)
    assert low[0] == pytest.approx(stats.binomtest(8, 8).proportion_ci().low) and high[0] == 1
    assert np.isnan(interval(made, SHARE, 0.95, 2)[1]).all(), "two patients give no interval"


def test_curves_without_a_patient_are_fitted_without_him():
    rng = np.random.default_rng(6)
    x, patients = rng.normal(0, 1, 40), np.repeat(np.arange(8), 5)
    score = 2 + np.tanh(x) + rng.normal(0, 0.2, 40)
    rows = leaving_out(x, score, patients)
    assert rows.shape == (9, 40)
    rest = patients != 3
    assert np.isnan(rows[4][~rest]).all()
    np.testing.assert_allclose(rows[4][rest], out_of_fold(x[rest], score[rest], patients[rest]), atol=0.02)


def test_clustered_bounds_of_single_images_are_the_exact_ones():
    rng = np.random.default_rng(7)
    ratings = rng.normal(0, 1, (12, 1)) + rng.normal(0, 0.7, (12, 3))
    exact = {item.form: (item.low, item.high) for item in icc(ratings)}
    assert clustered_bounds(ratings, np.arange(12), 0.95, 2000, rng) == exact
    # Two images of each patient that are nearly the same tell little more than one.
    twice = np.repeat(ratings, 2, axis=0) + rng.normal(0, 1e-3, (24, 3))
    low, high = clustered_bounds(twice, np.repeat(np.arange(12), 2), 0.95, 20_000, rng)["3,1"]
    assert low == pytest.approx(exact["3,1"][0], abs=0.05) and high == pytest.approx(exact["3,1"][1], abs=0.05)


@pytest.mark.parametrize(
    ("words", "value", "p", "patients", "readers", "expected"),
    [
        (LOSS, 0.3, 0.01, 10, 3, "better"),
        (LOSS, -0.3, 0.01, 10, 3, "worse"),
        (LOSS, -0.3, 0.05, 10, 3, "cannot tell"),
        (LOSS, 0.3, 0.001, 4, 1, "cannot tell: 4 of at least 5 patients, 1 of at least 2 readers"),
        (METRIC, -0.3, 0.01, 10, 3, "worse than the best"),
        (METRIC, -0.3, 0.2, 10, 3, "cannot be told from the best"),
        (METRIC, -0.3, float("nan"), 10, 3, "cannot tell: no standard error"),
    ],
)
def test_words(words, value, p, patients, readers, expected):
    assert verdict(words, value, p, patients, readers, ReaderPolicy()) == expected
