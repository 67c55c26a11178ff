from __future__ import annotations

import numpy as np
import pytest
import scikit_posthocs
from scipy import stats

from ldct.statistics.friedman import critical_difference, friedman, posthoc
from ldct.statistics.ranks import ranks


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_statistic_is_scipys_with_ties(rng):
    values = rng.integers(0, 6, (9, 5)).astype(float)
    expected = stats.friedmanchisquare(*values.T)
    found = friedman(values, 100, rng)
    assert found["chi2"] == pytest.approx(expected.statistic)
    assert found["p_chi2"] == pytest.approx(expected.pvalue)


def test_iman_davenport_is_anova_of_ranks(rng):
    values = rng.normal(size=(7, 4))
    rank = ranks(values)
    residual = rank - rank.mean(0) - rank.mean(1, keepdims=True) + rank.mean()
    f = 7 * ((rank.mean(0) - rank.mean()) ** 2).sum() / 3 / ((residual**2).sum() / (6 * 3))
    assert friedman(values, 100, rng)["f"] == pytest.approx(f)


@pytest.mark.parametrize(("losses", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (6, 2.850), (10, 3.164)])
def test_critical_difference_of_demsars_table(losses, q):
    expected = q * np.sqrt(losses * (losses + 1) / (6 * 14))
    assert critical_difference(losses, 14, 0.95) == pytest.approx(expected, rel=5e-4)


def test_posthoc_separates_what_is_planted(rng):
    values = rng.normal(size=(12, 4)) + np.array([0, 0, 0, 5])
    nemenyi, conover = posthoc(values)
    assert (nemenyi[3, :3] < 0.05).all() and (conover[3, :3] < 0.01).all()
    expected = scikit_posthocs.posthoc_conover_friedman(values, p_adjust="holm").to_numpy()
    assert np.allclose(conover, expected)
    # Nemenyi's p is the tail of the studentized range at the difference of mean ranks.
    mean = ranks(values).mean(0)
    q = np.abs(mean[0] - mean[3]) / np.sqrt(4 * 5 / (6 * 12)) * np.sqrt(2)
    assert nemenyi[0, 3] == pytest.approx(stats.studentized_range.sf(q, 4, np.inf), abs=2e-3)


def rejections(rng: np.random.Generator, pooled: bool, effect: float = 0.0, studies: int = 250) -> int:
    """Null studies rejected at 5 %: 7 patients of 5 slices, 4 losses, patients differ in which loss suits them."""
    hits = 0
    for _ in range(studies):
        values = rng.normal(0, 1, (7, 1, 1)) + rng.normal(0, 1, (7, 1, 4)) + rng.normal(0, 0.5, (7, 5, 4))
        values = values + effect * np.arange(4)
        table = values.reshape(35, 4) if pooled else values.mean(1)
        hits += friedman(table, 199, rng)["p_permutation"] <= 0.05
    return hits


def test_false_positives_are_nominal_and_a_planted_effect_is_found(rng):
    hits = rejections(rng, pooled=False)
    assert stats.binomtest(hits, 250, 0.05).pvalue > 0.001
    assert rejections(rng, pooled=False, effect=1.0, studies=60) > 50


def test_pooled_slices_reject_far_too_often(rng):
    assert rejections(rng, pooled=True, studies=100) > 40


def test_nothing_to_test(rng):
    assert np.isnan(friedman(np.ones((5, 3)), 50, rng)["effect"])
    assert np.isnan(friedman(np.ones((1, 3)), 50, rng)["chi2"])
