"""Model observers against closed forms in white and correlated Gaussian noise, and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ldct.observers.auc import auc, dprime, placements
from ldct.observers.dense_dog import dense_dog
from ldct.observers.gabor import gabor
from ldct.observers.grid import grid
from ldct.observers.hotelling import detectability, internal_scores, leave_one_out, pooled_covariance, template
from ldct.observers.laguerre_gauss import laguerre_gauss
from ldct.observers.npw import eye_filter, npw_template
from ldct.observers.unbiased import estimate

SIDE = 33
SHAPE = (SIDE, SIDE)
CHANNELS = {
    "laguerre_gauss": laguerre_gauss(SHAPE, width_mm=9.0, count=5),
    "dense_dog": dense_dog(SHAPE, start=0.02, count=6),
    "gabor": gabor(SHAPE),
}


def disc(height: float) -> np.ndarray:
    y, x = grid(SHAPE)
    return height * np.exp(-(y**2 + x**2) / (2 * 2.5**2)).ravel()


def correlated() -> tuple[np.ndarray, np.ndarray]:
    """Covariance of pixels (n, n) of smoothed white noise plus a little white noise, and a square root of it."""
    y, x = (np.broadcast_to(axis, SHAPE).ravel() for axis in grid(SHAPE))
    square = (y[:, None] - y) ** 2 + (x[:, None] - x) ** 2
    covariance = 9.0 * np.exp(-square / (4 * 1.2**2)) + 4.0 * np.eye(SIDE**2)
    return covariance, np.linalg.cholesky(covariance)


COVARIANCE, ROOT = correlated()


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("noise", ["white", "correlated"])
def test_sampled_cho_reaches_its_closed_form(name, noise):
    """d' of templates from samples tends to sqrt(s^T U (U^T K U)^-1 U^T s)."""
    rng, u, s = np.random.default_rng(1), CHANNELS[name], disc(4.0)
    k, root = (COVARIANCE, ROOT) if noise == "correlated" else (16.0 * np.eye(SIDE**2), 4.0 * np.eye(SIDE**2))
    count = 2500
    projected = u.T @ root
    present = rng.standard_normal((count, SIDE**2)) @ projected.T + u.T @ s
    absent = rng.standard_normal((count, SIDE**2)) @ projected.T
    expected = float(np.sqrt(s @ u @ np.linalg.pinv(u.T @ k @ u, rcond=1e-12) @ u.T @ s))
    w = template(present.mean(0) - absent.mean(0), pooled_covariance(present, absent))
    assert detectability(w, u.T @ s, u.T @ k @ u) == pytest.approx(expected, rel=0.03)
    assert estimate(present, absent).dprime == pytest.approx(expected, rel=0.05)
    # The channels cannot beat the ideal observer of all pixels.
    assert expected <= float(np.sqrt(s @ np.linalg.solve(k, s))) * (1 + 1e-9)


def test_npw_reaches_its_closed_form_and_equals_cho_in_white_noise():
    rng, s = np.random.default_rng(2), disc(3.0)
    expected = float(s @ s / np.sqrt(s @ COVARIANCE @ s))
    w = npw_template(s.reshape(SHAPE)).ravel()
    assert detectability(w, s, COVARIANCE) == pytest.approx(expected)
    scores = rng.standard_normal((2, 6000, SIDE**2)) @ (ROOT.T @ w)
    measured = auc(scores[0] + w @ s, scores[1])
    assert measured.low < stats.norm.cdf(expected / np.sqrt(2)) < measured.high
    white = 16.0 * np.eye(SIDE**2)
    assert detectability(w, s, white) == pytest.approx(float(np.linalg.norm(s)) / 4.0)


def test_eye_filter_is_applied_twice_and_blind_to_the_mean():
    eye = eye_filter(SHAPE, (0.7, 0.7))
    s = disc(3.0).reshape(SHAPE)
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE, 0.7), np.fft.fftfreq(SIDE, 0.7))) * 500 * np.pi / 180
    peak = f**1.3 * np.exp(-0.04 * f**2)
    assert np.allclose(eye / eye.max(), peak / peak.max())
    w = npw_template(s, eye)
    assert abs(w.sum()) < 1e-9
    # E is symmetric and circulant: apply it as a matrix, by columns.
    matrix = np.stack([np.fft.ifft2(np.fft.fft2(e.reshape(SHAPE)) * eye).real.ravel() for e in np.eye(SIDE**2)], 1)
    assert np.allclose(w.ravel(), matrix.T @ matrix @ s.ravel())


def test_channels_are_what_their_papers_define():
    u = laguerre_gauss((201, 161), (0.5, 0.6), width_mm=20.0, count=6)
    assert np.allclose(u.T @ u * 0.5 * 0.6, np.eye(6), atol=1e-6)
    # Dense DOG: the transform of a large region is the stated radial response.
    side, s0 = 301, 0.03
    channels = dense_dog((side, side), start=s0, count=4).reshape(side, side, 4)
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    for j in range(4):
        s = s0 * 1.4**j
        response = np.fft.fft2(np.fft.ifftshift(channels[..., j])).real
        assert np.allclose(response, np.exp(-0.5 * (f / 1.67 / s) ** 2) - np.exp(-0.5 * (f / s) ** 2), atol=2e-3)
    # Gabor: 40 channels; widths of Leng et al. 2013 and the largest response at the middle of the band.
    channels = gabor((257, 257)).reshape(257, 257, 4, 5, 2)
    f = np.fft.fftfreq(257)
    for band, (width, middle) in enumerate([(56.48, 3 / 128), (28.24, 3 / 64), (14.12, 3 / 32), (7.06, 3 / 16)]):
        row = channels[128, :, band, 0, 0]
        assert abs(f[np.argmax(np.abs(np.fft.fft(row))[:128])] - middle) < 1 / 257
        x = np.arange(257) - 128
        assert np.allclose(row, np.exp(-4 * np.log(2) * x**2 / width**2) * np.cos(2 * np.pi * middle * x), atol=1e-3)
    with pytest.raises(ValueError, match="lower < upper"):
        gabor(SHAPE, bands=((0.2, 0.1),))


def test_resubstitution_is_biased_and_the_honest_estimates_are_not():
    """300 draws of 30 + 30 images in 8 channels with true d' 1: the bias of each estimate, and interval coverage."""
    rng, p, n, truth = np.random.default_rng(3), 8, 30, 1.0
    shift = np.zeros(p)
    shift[0] = truth
    found = [estimate(rng.standard_normal((n, p)) + shift, rng.standard_normal((n, p))) for _ in range(300)]
    assert np.mean([f.resubstitution for f in found]) > 1.25
    d2 = np.mean([(n * 2 - p - 3) / (2 * n - 2) * f.resubstitution**2 - 2 * p / n for f in found])
    assert d2 == pytest.approx(truth**2, abs=0.12)
    covered = np.mean([f.dprime_low <= truth <= f.dprime_high for f in found])
    assert 0.91 < covered < 0.985
    left_out = []
    for _ in range(30):
        t1, t0 = leave_one_out(rng.standard_normal((n, p)) + shift, rng.standard_normal((n, p)))
        left_out.append(auc(t1, t0).value)
    assert np.mean(left_out) <= stats.norm.cdf(truth / np.sqrt(2)) + 0.02
    null = [auc(*leave_one_out(rng.standard_normal((n, p)), rng.standard_normal((n, p)))).value for _ in range(30)]
    assert np.mean(null) == pytest.approx(0.5, abs=0.06)
    with pytest.raises(ValueError, match="too few"):
        estimate(np.zeros((5, 8)), np.zeros((5, 8)))


def test_internal_noise_lowers_detectability_as_stated():
    k = np.diag([1.0, 4.0])
    s = np.array([1.0, 1.0])
    w = template(s, k, internal_noise=1.5)
    assert np.allclose(w, s / (2.5 * np.diag(k)))
    scores = internal_scores(np.zeros(200_000), w, k, 1.5, np.random.default_rng(0))
    assert scores.var() == pytest.approx(1.5 * np.sum(w**2 * np.diag(k)), rel=0.02)


def test_auc_is_mann_whitney_with_delongs_variance():
    rng = np.random.default_rng(4)
    present, absent = np.round(rng.normal(0.7, 1, 40), 1), np.round(rng.normal(0, 1, 55), 1)
    found = auc(present, absent)
    assert found.value == pytest.approx(stats.mannwhitneyu(present, absent).statistic / (40 * 55), abs=1e-12)
    kernel = (present[:, None] > absent) + 0.5 * (present[:, None] == absent)
    brute = kernel.mean(1).var(ddof=1) / 40 + kernel.mean(0).var(ddof=1) / 55
    assert found.variance == pytest.approx(brute, abs=1e-12)
    assert np.allclose(placements(present, absent)[0], kernel.mean(1))
    draws = [auc(rng.normal(1, 1, 30), rng.normal(0, 1, 30)) for _ in range(400)]
    truth = stats.norm.cdf(1 / np.sqrt(2))
    assert 0.92 < np.mean([d.low <= truth <= d.high for d in draws]) < 0.98
    apart = auc(np.arange(5.0) + 10, np.arange(7.0))
    assert (apart.value, apart.high) == (1.0, 1.0) and apart.low == pytest.approx(0.025**0.2)
    assert dprime(truth) == pytest.approx(1.0)
