from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from ldct.statistics.image_level import centred_products, correlation, within_slice_tau

# Bland & Altman 1995 (BMJ 310:446): intramural pH and PaCO2 of eight subjects, the example of R's rmcorr.
PH = {
    1: [6.68, 6.53, 6.43, 6.33],
    2: [6.85, 7.06, 7.13, 7.17],
    3: [7.40, 7.42, 7.41, 7.37, 7.34, 7.35, 7.28, 7.30, 7.34],
    4: [7.36, 7.33, 7.29, 7.30, 7.35],
    5: [7.35, 7.30, 7.30, 7.37, 7.27, 7.28, 7.32, 7.32],
    6: [7.38, 7.30, 7.29, 7.33, 7.31, 7.33],
    7: [6.86, 6.94, 6.92],
    8: [7.19, 7.29, 7.21, 7.25, 7.20, 7.19, 6.77, 6.82],
}
PACO2 = {
    1: [3.97, 4.12, 4.09, 3.97],
    2: [5.27, 5.37, 5.41, 5.44],
    3: [5.67, 3.64, 4.32, 4.73, 4.96, 5.04, 5.22, 4.82, 5.07],
    4: [5.67, 5.10, 5.53, 4.75, 5.51],
    5: [4.28, 4.44, 4.32, 3.23, 4.46, 4.72, 4.75, 4.99],
    6: [4.78, 4.73, 5.12, 4.93, 5.03, 4.93],
    7: [6.85, 6.44, 6.52],
    8: [5.28, 4.56, 4.34, 4.32, 4.41, 3.69, 6.09, 5.58],
}


def test_published_repeated_measures_correlation():
    cross, own = np.zeros((2, 2)), np.zeros((2, 2))
    for subject in PH:
        pair = np.array([PH[subject], PACO2[subject]])
        one_cross, one_own = centred_products(pair[:, :, None], np.zeros(1, int), 1)
        cross += one_cross[0]
        own += one_own[0]
    # Bland & Altman: r = -0.51; rmcorr prints -0.5067697.
    assert correlation(cross, own)[0, 1] == pytest.approx(-0.5067697, abs=1e-6)


def test_repeated_measures_correlation_is_that_of_the_ancova():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(2, 5, 12)) + 3 * rng.normal(size=(2, 1, 12))
    values[1] += 0.6 * values[0]
    cross, own = centred_products(values, np.repeat([0, 1, 2], 4), 3)
    subject = np.tile(np.eye(12), (5, 1))
    x, y = values[0].reshape(-1), values[1].reshape(-1)
    full = sm.OLS(y, np.column_stack([subject, x])).fit()
    alone = sm.OLS(y, subject).fit()
    r = np.sign(full.params[-1]) * np.sqrt((alone.ssr - full.ssr) / alone.ssr)
    assert correlation(cross.sum(0), own.sum(0))[0, 1] == pytest.approx(r)


def test_slices_that_lack_one_metric_count_for_neither():
    rng = np.random.default_rng(6)
    values = rng.normal(size=(2, 4, 6))
    values[1, :, 5] = np.nan
    short = correlation(*(part.sum(0) for part in centred_products(values[..., :5], np.zeros(5, int), 1)))
    found = correlation(*(part.sum(0) for part in centred_products(values, np.zeros(6, int), 1)))
    assert found[0, 1] == pytest.approx(short[0, 1])


def test_within_slice_tau_is_scipys_averaged():
    rng = np.random.default_rng(7)
    values = rng.integers(0, 5, (3, 6, 9)).astype(float)
    patient_of = np.repeat([0, 1], [4, 5])
    found = within_slice_tau(values, patient_of, 2)
    for p in (0, 1):
        each = [stats.kendalltau(values[0, :, i], values[2, :, i]).statistic for i in np.flatnonzero(patient_of == p)]
        assert found[p, 0, 2] == pytest.approx(np.nanmean(each), abs=1e-7)
