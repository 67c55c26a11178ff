from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ldct.statistics.bootstrap import (
    HierarchicalBootstrap,
    interval,
    means_over_patients,
    over_seeds,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def by_index(values: np.ndarray, patient_of: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """The same bootstrap spelt out: patients with replacement, then each one's slices with replacement."""
    patients = patient_of.max() + 1
    out = np.empty(draws)
    for d in range(draws):
        means = []
        for p in rng.integers(0, patients, patients):
            own = values[patient_of == p]
            means.append(own[rng.integers(0, len(own), len(own))].mean())
        out[d] = np.mean(means)
    return out


def test_weights_equal_resampling_of_indices(rng):
    patient_of = np.repeat([0, 1, 2, 3], [2, 5, 3, 1])
    values = rng.normal(size=11) + patient_of
    ours = HierarchicalBootstrap(patient_of, 4000, rng).means(values[None])[:, 0]
    spelt = by_index(values, patient_of, 4000, rng)
    assert stats.ks_2samp(ours, spelt).pvalue > 0.01
    assert ours.std() == pytest.approx(spelt.std(), rel=0.05)


def test_missing_values_fall_out_of_their_patient(rng):
    patient_of = np.repeat([0, 1, 2], 3)
    values = np.array([[1.0, 1, 1, 5, np.nan, 5, np.nan, np.nan, np.nan]])
    draws = HierarchicalBootstrap(patient_of, 500, rng).means(values)[:, 0]
    share = (draws[np.isfinite(draws)] - 1) / 4
    assert np.nanmin(share) >= -1e-12 and np.nanmax(share) <= 1 + 1e-12
    assert np.isnan(draws).mean() == pytest.approx((1 / 3) ** 3, abs=0.03)
    assert means_over_patients(values, patient_of, 3)[0][:2].tolist() == [1, 5]


def test_both_paths_agree_without_missing_values(rng):
    patient_of = np.repeat(np.arange(4), 5)
    values = rng.normal(size=(3, 20))
    boot = HierarchicalBootstrap(patient_of, 50, rng)
    with_hole = np.vstack([values, np.full((1, 20), np.nan)])
    assert np.allclose(boot.means(values), boot.means(with_hole)[:, :3])


def test_interval_is_close_to_students(rng):
    values = rng.normal(3, 1, (1, 9))
    draws = HierarchicalBootstrap(np.arange(9), 20_000, rng).patient_means(values)[:, 0]
    low, high = interval(draws, 9, 0.95)
    half = stats.t.ppf(0.975, 8) * values.std(ddof=1) / 3
    assert (high - low) / 2 == pytest.approx(half, rel=0.08)


def test_seeds_add_their_variance(rng):
    """Three seeds of SD 1 about a known level: the mean of three has variance 1 / 3; an absent one falls out."""
    seeds = rng.normal(0, 1, (3000, 3))
    drawn = over_seeds(np.repeat(seeds[:, None], 40, axis=1).reshape(-1, 3), rng).reshape(3000, 40)
    assert drawn.var(axis=1, ddof=1).mean() == pytest.approx(1 / 3, rel=0.05)
    seeds[:, 2] = np.nan
    drawn = over_seeds(np.repeat(seeds[:, None], 40, axis=1).reshape(-1, 3), rng)
    assert np.isfinite(drawn).all()
    assert drawn.mean() == pytest.approx(np.nanmean(seeds), abs=0.02)


def test_no_interval_from_one_patient():
    assert np.isnan(interval(np.ones((10, 2)), 1, 0.95)).all()


def coverage(rng: np.random.Generator, pooled: bool, studies: int = 400) -> float:
    """How often the interval of a mean covers the truth (0): 8 patients of 6 slices, which are much alike."""
    patient_of = np.repeat(np.arange(8), 6)
    hits = 0
    for _ in range(studies):
        values = np.repeat(rng.normal(0, 1, 8), 6) + rng.normal(0, 0.5, 48)
        of = np.arange(48) if pooled else patient_of
        draws = HierarchicalBootstrap(of, 300, rng).means(values[None])[:, 0]
        low, high = interval(draws, of.max() + 1, 0.95)
        hits += low <= 0 <= high
    return hits / studies


def test_intervals_cover_at_their_level(rng):
    low, high = stats.binomtest(380, 400).proportion_ci(0.999)
    assert low < coverage(rng, pooled=False) <= high + 0.01


def test_pooled_slices_fail_to_cover(rng):
    assert coverage(rng, pooled=True) < 0.75
