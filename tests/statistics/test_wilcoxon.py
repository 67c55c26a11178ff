from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from ldct.statistics.power import fewest, verdict_power
from ldct.statistics.wilcoxon import holm, least_p, signed_rank


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2)


@pytest.mark.parametrize("n", [3, 6, 11, 25, 50])
def test_exact_p_is_scipys_without_ties(rng, n):
    d = rng.normal(0.4, 1, n)
    plus, p, _ = signed_rank(d)
    expected = stats.wilcoxon(d, method="exact")
    assert p == pytest.approx(expected.pvalue, rel=1e-9)
    assert min(plus, n * (n + 1) / 2 - plus) == expected.statistic


def test_exact_p_with_ties_and_zeros_is_that_of_enumeration():
    d = np.array([0.5, -0.5, 1.0, 1.0, 2.0, -1.0, 3.0, 0.0, 2.0])
    kept = d[d != 0]
    rank = stats.rankdata(np.abs(kept))
    every = np.array([rank[np.array(signs) > 0].sum() for signs in product((-1, 1), repeat=len(kept))])
    plus = rank[kept > 0].sum()
    tail = min(plus, rank.sum() - plus)
    found_plus, p, biserial = signed_rank(d)
    assert found_plus == plus
    assert p == pytest.approx(2 * (every <= tail).mean())
    assert biserial == pytest.approx((plus - (rank.sum() - plus)) / rank.sum())


def test_textbook_value():
    # Hollander & Wolfe, depression scale factor IV (R's example of wilcox.test): V = 40, two-sided p = 0.03906.
    before = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
    after = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
    plus, p, _ = signed_rank(before - after)
    assert plus == 40
    assert p == pytest.approx(0.0390625)


def test_all_zero_differences_are_no_evidence():
    assert signed_rank(np.zeros(5))[1:] == (1.0, 0.0)


def test_many_patients_do_not_overflow(rng):
    d = rng.normal(0, 1, 400)
    assert signed_rank(d)[1] == pytest.approx(stats.wilcoxon(d, method="asymptotic").pvalue, abs=0.005)


@pytest.mark.parametrize("n", [2, 5, 8])
def test_least_p_is_reached_by_one_sided_data(n):
    assert signed_rank(np.arange(1.0, n + 1))[1] == pytest.approx(least_p(n))


def test_holm_is_statsmodels(rng):
    p = rng.uniform(0, 0.2, 12)
    p[4] = p[7]
    assert np.allclose(holm(p), multipletests(p, method="holm")[1])
    with_hole = np.insert(p, 3, np.nan)
    assert np.isnan(holm(with_hole)[3])
    assert np.allclose(np.delete(holm(with_hole), 3), holm(p))


def test_fewest_needs_every_larger_size_too():
    assert fewest({6: 0.9, 8: 0.7, 10: 0.85, 20: 0.9}) == 10
    assert fewest({6: 0.1}) is None


def test_verdict_power_follows_the_t_test(rng):
    """For a mean it is the power of Student's test: 0.5 SD needs 34 patients."""
    values = rng.normal(0, 1, 40)
    values = (values - values.mean()) / values.std() + 0.5

    def mean(weights: np.ndarray) -> np.ndarray:
        return weights @ values / weights.sum(1)

    power = verdict_power(mean, 40, 0.0, 0.95, rng, studies=2000)
    assert power[30] < 0.83 and power[40] > 0.8
    assert fewest(verdict_power(mean, 40, 0.0, 0.95, rng, other_sd=0.5)) is None
