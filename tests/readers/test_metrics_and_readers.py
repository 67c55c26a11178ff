"""Correlation, logistic map, Krasula's analysis and pairwise choices against scipy, brute force and planted truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ldct.readers.choices import bradley_terry
from ldct.readers.correlation import krocc, meng_p, plcc, srocc, srocc_within
from ldct.readers.intervals import PLAIN, interval
from ldct.readers.jackknife import Jackknife
from ldct.readers.krasula import analyse, pairs_of_images
from ldct.readers.logistic import Logistic, _curve, _slopes, out_of_fold


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    x = np.round(rng.normal(0, 1, 40), 1)
    return x, np.round(x + rng.normal(0, 1, 40), 1)


def test_correlations_are_scipys(pair):
    x, y = pair
    assert srocc(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)
    assert krocc(x, y) == pytest.approx(stats.kendalltau(x, y).statistic)
    assert plcc(x, y) == pytest.approx(stats.pearsonr(x, y).statistic)


@pytest.mark.parametrize("statistic", [srocc, krocc, plcc])
def test_weights_are_repetitions(pair, statistic):
    x, y = pair
    weights = np.random.default_rng(1).integers(0, 4, len(x))
    again = np.repeat(np.arange(len(x)), weights)
    assert statistic(x, y, weights.astype(float)) == pytest.approx(statistic(x[again], y[again]))


def test_constant_values_have_no_correlation():
    assert all(np.isnan(f(np.ones(5), np.arange(5.0))) for f in (srocc, krocc, plcc))


def test_correlation_within_cases_ignores_differences_between_them():
    cases = np.repeat([0, 1, 2], 4)
    y = np.tile([1.0, 2.0, 3.0, 4.0], 3)
    assert srocc_within(100.0 * cases - y, y, cases) == pytest.approx(-1)
    assert srocc(-100.0 * cases + y, y) < 0.5


def test_meng_of_its_paper():
    """Meng, Rosenthal & Rubin 1992: r = .63 and -.03, r12 = -.19, n = 15 give Z = 1.68."""
    assert meng_p(0.63, -0.03, -0.19, 15) == pytest.approx(2 * stats.norm.sf(1.68), abs=0.002)


def test_meng_holds_its_level():
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(1500):
        score = rng.normal(size=60)
        a, b = (score + rng.normal(0, 1, 60) for _ in range(2))
        hits += meng_p(plcc(a, score), plcc(b, score), plcc(a, b), 60) < 0.05
    assert 0.033 <= hits / 1500 <= 0.068


@pytest.mark.parametrize(("parameters", "slope"), [(4, 0.0), (5, 0.25)])
def test_logistic_recovers_a_logistic_and_never_decreases(parameters, slope):
    x = np.linspace(-3, 3, 60)
    truth = 1 + 3 / (1 + np.exp(-(x - 0.4) / 0.6)) + slope * x
    found = Logistic(x, truth, parameters)
    np.testing.assert_allclose(found(x), truth, atol=2e-3)
    falling = Logistic(x, -truth, parameters)(np.linspace(-5, 5, 200))
    assert (np.diff(falling) >= -1e-9).all()


@pytest.mark.parametrize("parameters", [4, 5])
def test_derivatives_of_the_logistic(parameters):
    q, z = np.array([0.5, 2.0, 0.3, -0.4, 0.2])[:parameters], np.linspace(-2, 2, 9)
    steps = np.eye(parameters) * 1e-6
    expected = np.stack([(_curve(q + h, z) - _curve(q - h, z)) / 2e-6 for h in steps], axis=1)
    np.testing.assert_allclose(_slopes(q, z), expected, atol=1e-8)


def test_out_of_fold_does_not_see_its_own_patient():
    x, groups = np.tile(np.arange(10.0), 4), np.repeat(np.arange(4), 10)
    score = x.copy()
    score[groups == 3] = 100.0
    predicted = out_of_fold(x, score, groups)
    assert predicted[groups == 3].max() < 20
    assert np.isfinite(predicted).all()


def test_krasula_against_brute_force():
    rng = np.random.default_rng(7)
    quality = rng.normal(0, 1, 24)
    ratings = quality[:, None] + rng.normal(0, 0.3, (24, 5))
    cases = np.repeat(np.arange(4), 6)
    pairs = pairs_of_images(ratings, cases)
    assert len(pairs) == 4 * 15
    metric = quality + rng.normal(0, 0.5, 24)
    found = analyse(metric, pairs)
    d = metric[pairs.first] - metric[pairs.second]
    for i, j, different in zip(pairs.first, pairs.second, pairs.different, strict=True):
        assert different == (stats.ttest_rel(ratings[i], ratings[j]).pvalue < 0.05)
    up, down = np.abs(d)[pairs.different], np.abs(d)[~pairs.different]
    assert found["auc_different"] == pytest.approx(np.mean([(u > v) + (u == v) / 2 for u in up for v in down]))
    signed = (d * np.sign(pairs.difference))[pairs.different]
    assert found["correct"] == pytest.approx(np.mean(signed > 0))
    assert found["auc_better"] == pytest.approx(np.mean([(u > -v) + (u == -v) / 2 for u in signed for v in signed]))
    assert analyse(-metric, pairs)["correct"] == pytest.approx(1 - found["correct"])


def test_bradley_terry_recovers_strengths():
    rng = np.random.default_rng(2)
    truth = np.array([0.8, 0.2, -0.3, -0.7])
    wins = np.zeros((5, 5))
    for _ in range(6000):
        i, j = rng.choice(4, 2, replace=False)
        first = rng.random() < 1 / (1 + np.exp(truth[j] - truth[i]))
        wins[(i, j) if first else (j, i)] += 1
    found = bradley_terry(wins)
    np.testing.assert_allclose(found[:4], truth, atol=0.12)
    assert np.isnan(found[4]), "never compared"
    assert np.isfinite(bradley_terry(np.array([[0, 3], [0, 0]]))).all(), "unbeaten, yet finite"


def test_intervals_resample_patients():
    """Images of a patient alike: intervals of the patient bootstrap cover, those of images do not."""
    rng = np.random.default_rng(8)
    covered = {"patients": 0, "images": 0}
    for _ in range(150):
        level = np.repeat(rng.normal(0, 1, 12), 8)
        value = level + rng.normal(0, 0.2, 96)
        for name, clusters in (("patients", np.repeat(np.arange(12), 8)), ("images", np.arange(96))):
            jackknife = Jackknife(clusters)
            made = jackknife.replicates(lambda s, v=value: float((s.weights * v).sum() / s.weights.sum()))
            _, low, high = interval(made, PLAIN, 0.95, jackknife.patients)
            covered[name] += low[0] <= 0 <= high[0]
    assert covered["patients"] / 150 > 0.88
    assert covered["images"] / 150 < 0.75
