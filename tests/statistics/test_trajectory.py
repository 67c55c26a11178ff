from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ldct.statistics.trajectory import erratic, follow, regret, shift_p


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


def test_correlations_are_scipys_with_ties(rng):
    x = rng.integers(0, 5, 9).astype(float)
    y = rng.integers(0, 5, (6, 9)).astype(float)
    found = follow(x, y)
    for i in range(6):
        assert found["spearman"][i] == pytest.approx(stats.spearmanr(x, y[i]).statistic)
        assert found["kendall"][i] == pytest.approx(stats.kendalltau(x, y[i]).statistic)
        same = np.sign(np.diff(x)) * np.sign(np.diff(y[i]))
        assert found["concordance"][i] == pytest.approx(np.mean([{1: 1, 0: 0.5, -1: 0}[int(s)] for s in same]))


def test_white_noise_turns_at_two_thirds_of_its_points(rng):
    noise = rng.normal(size=(400, 50))
    found = erratic(noise)
    # Bienayme: turning points have mean 2 (n - 2) / 3 and variance (16 n - 29) / 90.
    error = np.sqrt((16 * 50 - 29) / 90 / 400) / 48
    assert abs(found["reversal_rate"].mean() - 2 / 3) < 4 * error
    assert abs(found["mann_kendall"].mean()) < 0.03


def test_a_monotone_course_is_not_erratic():
    found = erratic(np.array([[1.0, 2, 4, 7], [7.0, 4, 2, 1]]))
    assert found["reversal_rate"].tolist() == [0, 0]
    assert found["roughness"].tolist() == [1, 1]
    assert found["mann_kendall"].tolist() == [1, -1]


def test_roughness_by_hand():
    # |2| + |-1| + |3| = 6 over a range of 4.
    assert erratic(np.array([0.0, 2, 1, 4]))["roughness"] == pytest.approx(6 / 4)


def test_regret_is_never_negative(rng):
    y = rng.normal(size=(5, 6))
    assert (regret(y, 2) >= 0).all()
    assert regret(np.array([1.0, 5, 3]), 2) == 2


def smooth(rng: np.random.Generator, n: int) -> np.ndarray:
    """A strongly autocorrelated course, AR(1) with 0.8."""
    out = np.zeros(n)
    for i in range(1, n):
        out[i] = 0.8 * out[i - 1] + rng.normal()
    return out


def test_circular_shifts_hold_the_false_positive_rate_of_autocorrelated_courses(rng):
    shifted, naive = 0, 0
    for _ in range(200):
        x, y = smooth(rng, 60), smooth(rng, 60)
        shifted += shift_p(x, y) <= 0.05
        naive += stats.kendalltau(x, y).pvalue <= 0.05
    assert stats.binomtest(int(shifted), 200, 0.05).pvalue > 0.001
    assert naive > 40


def test_circular_shifts_find_a_common_course(rng):
    found = 0
    for _ in range(30):
        common = smooth(rng, 60)
        found += shift_p(common + rng.normal(0, 0.5, 60), common + rng.normal(0, 0.5, 60)) <= 0.05
    assert found > 25


def test_a_shared_trend_alone_is_no_finding(rng):
    trend = np.linspace(0, 20, 60)
    found = sum(shift_p(trend + smooth(rng, 60), trend + smooth(rng, 60)) <= 0.05 for _ in range(100))
    assert stats.binomtest(found, 100, 0.05).pvalue > 0.001


def test_too_few_epochs_give_no_p(rng):
    assert np.isnan(shift_p(np.arange(19.0), np.arange(19.0)))
