"""Agreement of readers against published tables, brute force and simulation."""

from __future__ import annotations

import numpy as np
import pytest

from ldct.readers.icc import icc
from ldct.readers.kappa import mean_kappa, weighted_kappa
from ldct.readers.mrmc import compare

# Shrout & Fleiss 1979, table 2: six targets, four judges.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


def test_icc_of_shrout_and_fleiss():
    found = {item.form: item for item in icc(SHROUT_FLEISS)}
    assert [round(found[form].value, 2) for form in ("2,1", "2,k", "3,1", "3,k")] == [0.29, 0.62, 0.71, 0.91]
    # Intervals as printed in the manual of R's psych::ICC for the same data.
    assert (found["2,1"].low, found["2,1"].high) == pytest.approx((0.019, 0.76), abs=0.005)
    assert (found["3,1"].low, found["3,1"].high) == pytest.approx((0.34, 0.95), abs=0.005)
    assert (found["2,k"].low, found["2,k"].high) == pytest.approx((0.071, 0.93), abs=0.005)
    assert (found["3,k"].low, found["3,k"].high) == pytest.approx((0.68, 0.99), abs=0.005)


def test_intervals_of_icc_cover():
    """ICC(3,1) of a two-way model: the interval holds the truth at its level."""
    rng = np.random.default_rng(3)
    truth, hits, runs = 1.0 / 1.5, 0, 400
    for _ in range(runs):
        data = rng.normal(0, 1, (20, 1)) + rng.normal(0, 0.5**0.5, (20, 4)) + rng.normal(0, 1, (1, 4))
        three = next(item for item in icc(data) if item.form == "3,1")
        hits += three.low <= truth <= three.high
    assert 0.92 <= hits / runs <= 0.98


def test_icc_needs_complete_ratings():
    with pytest.raises(ValueError, match="complete"):
        icc(np.array([[1.0, np.nan], [2.0, 3.0]]))


def test_kappa_is_one_less_observed_over_expected_disagreement():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, 60).astype(float), rng.integers(0, 5, 60).astype(float)
    observed = np.mean((a - b) ** 2)
    expected = np.mean([(x - y) ** 2 for x in a for y in b])
    assert weighted_kappa(a, b) == pytest.approx(1 - observed / expected)
    from statsmodels.stats.inter_rater import cohens_kappa

    table = np.zeros((5, 5))
    np.add.at(table, (a.astype(int), b.astype(int)), 1)
    assert weighted_kappa(a, b) == pytest.approx(cohens_kappa(table, wt="quadratic", return_results=False))
    weights = rng.integers(0, 3, 60).astype(float)
    repeated = np.repeat(np.arange(60), weights.astype(int))
    assert weighted_kappa(a, b, weights) == pytest.approx(weighted_kappa(a[repeated], b[repeated]))


def test_mean_kappa_uses_images_both_rated():
    ratings = np.array([[1, 1, np.nan], [2, 2, 2], [3, 3, 3], [4, 4, np.nan], [1, np.nan, 1]], float)
    assert mean_kappa(ratings) == pytest.approx(1.0)


def _scores(rng, effect, readers=4, cases=20):
    reader, case = rng.normal(0, 0.5, (readers, 1)), rng.normal(0, 1, (1, cases))
    both = []
    for treatment in (0.0, effect):
        own = rng.normal(0, 0.2, (readers, 1)) + rng.normal(0, 0.3, (1, cases))
        both.append(treatment + reader + case + own + rng.normal(0, 0.6, (readers, cases)))
    return both


def test_comparison_of_readers_and_cases_holds_its_level_where_pooling_does_not():
    rng = np.random.default_rng(1)
    from scipy import stats

    ours, pooled, covered = 0, 0, 0
    for _ in range(600):
        first, second = _scores(rng, 0.0)
        made = compare(first, second)
        ours += made.p < 0.05
        covered += made.low <= 0 <= made.high
        pooled += stats.ttest_rel(first.ravel(), second.ravel()).pvalue < 0.05
    assert ours / 600 < 0.075
    assert covered / 600 > 0.925
    assert pooled / 600 > 0.12


def test_comparison_finds_a_planted_effect():
    rng = np.random.default_rng(2)
    found = [compare(*_scores(rng, 0.8)[::-1]) for _ in range(50)]
    assert np.mean([made.difference for made in found]) == pytest.approx(0.8, abs=0.1)
    assert np.mean([made.p < 0.05 for made in found]) > 0.8


def test_comparison_equals_the_three_way_analysis_of_variance():
    """Referee: mean squares from the full table of treatment x reader x case."""
    rng = np.random.default_rng(5)
    first, second = _scores(rng, 0.3)
    y = np.stack([first, second])
    t, r, c = y.shape
    g, yt = y.mean(), y.mean((1, 2))
    yr, yc = y.mean((0, 2)), y.mean((0, 1))
    tr, tc, rc = y.mean(2), y.mean(1), y.mean(0)
    ms_t = r * c * ((yt - g) ** 2).sum() / (t - 1)
    ms_tr = c * ((tr - yt[:, None] - yr[None] + g) ** 2).sum() / ((t - 1) * (r - 1))
    ms_tc = r * ((tc - yt[:, None] - yc[None] + g) ** 2).sum() / ((t - 1) * (c - 1))
    rest = y - tr[:, :, None] - tc[:, None, :] - rc[None] + yt[:, None, None] + yr[None, :, None] + yc[None, None] - g
    ms_trc = (rest**2).sum() / ((t - 1) * (r - 1) * (c - 1))
    error = ms_tr + max(ms_tc - ms_trc, 0)
    made = compare(first, second, form="hillis")
    from scipy import stats

    degrees = error**2 / (ms_tr**2 / ((t - 1) * (r - 1)))
    assert made.degrees == pytest.approx(degrees)
    assert made.p == pytest.approx(stats.f.sf(ms_t / error, 1, degrees))
