from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from scipy import stats

from ldct.statistics.bootstrap import HierarchicalBootstrap, interval
from ldct.statistics.ranks import kendall_w, of_one_mind, ranks, share_best, tau_b_matrix, w_permutation_p


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_ranks_are_scipys_with_ties(rng):
    values = rng.integers(0, 4, (50, 7)).astype(float)
    assert np.array_equal(ranks(values), stats.rankdata(-values, axis=1))


def test_a_row_with_a_missing_value_ties_all():
    assert np.array_equal(ranks(np.array([1.0, np.nan, 3.0])), [2, 2, 2])


def test_w_is_friedmans_statistic_scaled(rng):
    # scipy's Friedman test corrects for ties, and W = chi2 / (m (n - 1)).
    for _ in range(20):
        values = rng.integers(0, 5, (6, 5)).astype(float)
        chi2 = stats.friedmanchisquare(*values.T).statistic
        assert kendall_w(ranks(values)) == pytest.approx(chi2 / (6 * 4), abs=1e-12)


def test_w_is_the_mean_rank_correlation(rng):
    # Without ties the mean Spearman correlation over pairs of judges is (m W - 1) / (m - 1).
    values = rng.normal(size=(5, 8))
    rho = [stats.spearmanr(values[i], values[j]).statistic for i in range(5) for j in range(i)]
    assert kendall_w(ranks(values)) == pytest.approx((4 * np.mean(rho) + 1) / 5)


def test_w_with_ties_by_the_textbook_formula():
    # Siegel & Castellan's correction: W = (12 sum R^2 - 3 m^2 n (n + 1)^2) / (m^2 n (n^2 - 1) - m sum (t^3 - t)).
    rank = np.array(
        [
            [1, 4.5, 2, 4.5, 3, 7.5, 6, 9, 7.5, 10],
            [2.5, 1, 2.5, 4.5, 4.5, 8, 9, 6.5, 10, 6.5],
            [2, 1, 4.5, 4.5, 4.5, 4.5, 8, 8, 8, 10],
        ]
    )
    m, n = rank.shape
    ties = [2**3 - 2] * 2 + [2**3 - 2] * 3 + [4**3 - 4, 3**3 - 3]
    total = rank.sum(0)
    expected = (12 * (total**2).sum() - 3 * m**2 * n * (n + 1) ** 2) / (m**2 * n * (n**2 - 1) - m * sum(ties))
    assert kendall_w(rank) == pytest.approx(expected)
    # Kendall's own example of three tied rankings of ten, in Gibbons & Chakraborti: 0.828.
    assert round(float(kendall_w(rank)), 3) == 0.828


def test_w_bounds():
    same = np.tile(np.arange(1, 6), (4, 1))
    assert kendall_w(same) == pytest.approx(1)
    assert kendall_w(np.array([[1, 2, 3], [3, 2, 1]])) == pytest.approx(0)
    assert np.isnan(kendall_w(np.full((3, 4), 2.5)))


def test_permutation_p_is_that_of_full_enumeration(rng):
    rank = np.array([[1, 2, 3, 4], [1, 3, 2, 4], [2, 1, 3, 4]], float)
    orders = np.array(list(permutations(range(1, 5))), float)
    every = np.array([kendall_w(np.array(judges)) for judges in product(orders, orders, orders)])
    exact = (every >= kendall_w(rank) - 1e-12).mean()
    p = w_permutation_p(rank, 20_000, rng)
    assert abs(p - exact) < 4 * np.sqrt(exact * (1 - exact) / 20_000)


def test_tau_is_scipys_with_ties(rng):
    values = rng.integers(0, 4, (4, 9)).astype(float)
    found = tau_b_matrix(values)
    for i, j in product(range(4), repeat=2):
        assert found[i, j] == pytest.approx(stats.kendalltau(values[i], values[j]).statistic, abs=1e-7)
    assert np.isnan(tau_b_matrix(np.array([[1.0, 1, 1], [1, 2, 3]]))[0, 1])


def test_ties_share_the_first_place():
    assert np.allclose(share_best(np.array([[1.0, 1, 0], [0, 2, 1]])), [0.25, 0.75, 0])


def test_the_ceiling_of_agreement_is_lowered_by_noise_only(rng):
    """Criteria of one mind seen through noise have the W that `of_one_mind` says; quarrelling ones fall below it."""
    truth = np.linspace(-1, 1, 6)

    def p_of(level: np.ndarray, noise_sd: float) -> float:
        patients = level[..., None] + rng.normal(0, noise_sd, (5, 6, 12))
        mean = patients.mean(-1)
        weights = rng.multinomial(12, np.full(12, 1 / 12), size=300) / 12
        draws = np.moveaxis(patients @ weights.T, -1, 0)
        ceiling = kendall_w(ranks(of_one_mind(mean, draws, np.full(5, 12))))
        return float((ceiling <= kendall_w(ranks(mean)) + 1e-12).mean())

    for noise_sd in (0.3, 2.0, 6.0):
        p = np.array([p_of(np.tile(truth, (5, 1)), noise_sd) for _ in range(60)])
        # At most 5 % of studies in truth; 60 studies hold 9 or more such ones with a chance below 0.3 %.
        assert (p <= 0.05).sum() <= 8
    quarrel = np.array([rng.permutation(truth) for _ in range(5)])
    assert np.mean([p_of(quarrel, 0.3) <= 0.05 for _ in range(20)]) > 0.8


def test_intervals_of_w_cover_the_w_of_the_population(rng):
    """Criteria half of one mind, losses moderately apart, ten patients."""
    hits = 0
    for _ in range(120):
        truth = rng.normal(0, 0.5, (5, 6)) + rng.normal(0, 0.5, 6)
        patients = truth[:, :, None] + rng.normal(0, 0.5, (5, 6, 10)) + rng.normal(0, 0.5, (1, 6, 10))
        boot = HierarchicalBootstrap(np.arange(10), 250, rng)
        draws = boot.patient_means(patients.reshape(30, 10)).reshape(-1, 5, 6)
        low, high = interval(kendall_w(ranks(draws)), 10, 0.95)
        hits += low <= kendall_w(ranks(truth)) <= high
    # Resampling adds ranking noise, so the level is only approximate: 0.95 less 4 standard errors.
    assert hits / 120 > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 120)
