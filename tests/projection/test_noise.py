"""Low-dose noise against its formulas, simulation, and the few-quanta regime."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ldct.projection.noise import MINIMUM_QUANTA, acquire, bowtie, insert, inserted_sd


def test_full_and_inserted_noise_add_up_to_the_simulated_value():
    """p = 4.5, N0 = 2e5, Ne = 50, a = .25: a direct simulation has an SD of .0444."""
    p, photons, electronic = 4.5, 2e5, 50.0
    full = np.exp(p) / photons * (1 + electronic * np.exp(p) / photons)
    inserted = inserted_sd(np.array(p), np.array(photons), 0.25, electronic)
    assert np.hypot(np.sqrt(full), inserted) == pytest.approx(0.04432, abs=5e-5)
    quantum = inserted_sd(np.array(p), np.array(photons), 0.25, 0.0)
    assert np.hypot(np.sqrt(np.exp(p) / photons), quantum) == pytest.approx(0.04254, abs=2e-4)


def test_both_forms_of_the_formula_agree():
    """sqrt((1/N2 - 1/N1)(1 + Ne/N2 + Ne/N1)), N2 = a N1, in float64."""
    p, photons, a, electronic = np.linspace(0, 7, 30), 1.7e5, 0.1, 12.0
    high = photons * np.exp(-p)
    low = a * high
    expected = np.sqrt((1 / low - 1 / high) * (1 + electronic / low + electronic / high))
    assert inserted_sd(p, photons, a, electronic) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("p", [1.0, 4.0])
def test_full_plus_inserted_has_the_variance_of_a_low_dose_scan(p):
    rng = np.random.default_rng(1)
    shape, photons, a = (200, 100, 10), np.full(100, 2e5), 0.2
    clean = np.full(shape, p, np.float32)
    full = acquire(clean, photons, 1.0, 10.0, rng)
    direct = acquire(clean, photons, a, 10.0, rng)
    inserted = insert(full, photons, a, 10.0, rng)
    n = clean.size
    assert inserted.var() == pytest.approx(direct.var(), rel=4 * np.sqrt(4 / n) + 0.01)
    assert (inserted - full).var() == pytest.approx((1 / a - 1) * full.var(), rel=0.03)
    assert inserted.mean() == pytest.approx(p, abs=5 * direct.std() / np.sqrt(n) + 1e-3)


def exact_moments(expected, electronic):
    """Mean and SD of -ln(max(I, 1) / expected), I = Poisson(expected) + N(0, electronic), summed over all counts."""
    counts = np.arange(int(stats.poisson.ppf(1 - 1e-12, expected)) + 1)
    node, weight = np.polynomial.hermite_e.hermegauss(80)
    signal = counts[:, None] + np.sqrt(electronic) * node
    probability = stats.poisson.pmf(counts, expected)[:, None] * weight / weight.sum()
    value = -np.log(np.maximum(signal, MINIMUM_QUANTA) / expected)
    mean = (probability * value).sum()
    return mean, np.sqrt((probability * (value - mean) ** 2).sum())


@pytest.mark.parametrize("electronic", [0.0, 8.0])
@pytest.mark.parametrize("expected", [2.0, 10.0, 45.0, 400.0])
def test_a_scan_has_the_exact_statistics_of_its_counts(expected, electronic):
    """The counts model down to two quanta, where the logarithm is biased by as much as its SD."""
    rng = np.random.default_rng(5)
    p, a = 3.0, 0.2
    photons = np.full(100, expected * np.exp(p) / a)
    found = acquire(np.full((300, 100, 10), p, np.float32), photons, a, electronic, rng) - p
    mean, sd = exact_moments(expected, electronic)
    assert found.mean() == pytest.approx(mean, abs=5 * sd / np.sqrt(found.size) + 1e-4)
    assert found.std() == pytest.approx(sd, rel=0.01)


@pytest.mark.parametrize("expected", [2.0, 10.0, 45.0])
def test_few_quanta_of_a_measured_scan_have_the_exact_statistics_of_a_direct_one(expected):
    """Below 50 quanta a thinned scan of the Poisson law is again one of that law: exact mean, SD and share of lows."""
    rng = np.random.default_rng(6)
    p, a = 2.0, 0.1
    photons = np.full(100, expected * np.exp(p) / a)
    full = acquire(np.full((300, 100, 10), p, np.float32), photons, 1.0, 0.0, rng)
    found = insert(full, photons, a, 0.0, rng) - p
    mean, sd = exact_moments(expected, 0.0)
    assert found.mean() == pytest.approx(mean, abs=5 * sd / np.sqrt(found.size) + 1e-3)
    assert found.std() == pytest.approx(sd, rel=0.015)
    half = np.floor(expected / 2)
    share = (found > -np.log((half + 0.5) / expected)).mean()
    assert share == pytest.approx(stats.poisson.cdf(half, expected), abs=0.004)


def test_few_quanta_and_electronic_noise_keep_the_level_and_spread():
    expected, electronic, p, a = 30.0, 8.0, 2.0, 0.1
    rng = np.random.default_rng(7)
    photons = np.full(100, expected * np.exp(p) / a)
    full = acquire(np.full((300, 100, 10), p, np.float32), photons, 1.0, electronic, rng)
    found = insert(full, photons, a, electronic, rng) - p
    mean, sd = exact_moments(expected, electronic)
    assert found.mean() == pytest.approx(mean, abs=0.003)
    assert found.std() == pytest.approx(sd, rel=0.02)


def test_no_signal_gives_finite_projections():
    rng = np.random.default_rng(3)
    found = acquire(np.full((4, 5, 3), 30.0), np.full(5, 1e4), 0.1, 5.0, rng)
    assert np.isfinite(found).all()


def test_bowtie_is_highest_at_the_centre():
    angle = np.linspace(-0.43, 0.43, 101)
    found = bowtie(angle, 1e5, 0.0192)
    assert found[50] == pytest.approx(1e5)
    assert np.all(np.diff(found[50:]) <= 0)
    assert np.allclose(found, found[::-1])
