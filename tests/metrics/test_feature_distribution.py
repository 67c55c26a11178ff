"""Distances of distributions against the formulas by other means, and on CT with the genuine weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from ldct.errors import UnavailableError
from ldct.files import weights_folder
from ldct.intensity import WINDOWS
from ldct.metrics.base import measure, view
from ldct.metrics.feature_distribution import frechet, kernel_mmd
from ldct.metrics.fid_hed_vgg16 import FIDHEDVGG16
from ldct.metrics.kid_hed_vgg16 import KIDHEDVGG16
from ldct.pretrained.catalogue import available


def samples(n: int, shift: float, scale: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, 6)) @ np.diag(np.linspace(0.5, 2, 6)) * scale + shift


def test_frechet_distance_by_the_matrix_root():
    x, y = samples(500, 0.3, 1.2, 0), samples(400, 0.0, 1.0, 1)
    a, b = np.cov(x.T), np.cov(y.T)
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(a + b - 2 * np.real(sqrtm(a @ b)))
    assert frechet(x, y.mean(0), b) == pytest.approx(expected, rel=1e-9)
    assert frechet(y, y.mean(0), b) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_of_normal_distributions_in_closed_form():
    x, y = samples(200_000, 0.5, 1.5, 2), samples(200_000, 0.0, 1.0, 3)
    sd = np.linspace(0.5, 2, 6)
    assert frechet(x, y.mean(0), np.cov(y.T)) == pytest.approx(6 * 0.25 + np.sum((0.5 * sd) ** 2), rel=0.02)


def test_kernel_distance_by_brute_force():
    x, y = samples(9, 0.2, 1.0, 4), samples(7, 0.0, 1.0, 5)

    def k(a, b):
        return (a @ b / 6 + 1) ** 3

    xx = np.mean([k(a, b) for a in x for b in x])
    yy = np.mean([k(a, b) for a in y for b in y])
    xy = np.mean([k(a, b) for a in x for b in y])
    assert kernel_mmd(x, y) == pytest.approx(xx + yy - 2 * xy)
    assert kernel_mmd(x, x[::-1]) == pytest.approx(0, abs=1e-9)
    one, same, other = samples(400, 0.0, 1.0, 7), samples(400, 0.0, 1.0, 8), samples(400, 0.5, 1.0, 6)
    assert kernel_mmd(other, one) > 3 * kernel_mmd(same, one) > 0


@pytest.mark.parametrize("kind", [FIDHEDVGG16, KIDHEDVGG16])
def test_distance_grows_with_noise_on_ct(kind, ct):
    folder = weights_folder()
    if not available("vgg16_hed", folder):
        pytest.skip("needs the weights: ldct weights get vgg16_hed")
    tested = kind(weights_dir=folder)
    rng, window = np.random.default_rng(0), WINDOWS["soft_tissue"]
    noise = rng.normal(0, 1, ct.shape).astype(np.float32)
    reference = view(ct, window=window)
    values = [measure(tested, reference, view(ct + sd * noise, window=window)) for sd in (0, 15, 40, 90)]
    assert values == sorted(values) and abs(values[0]) < 1e-6 < values[1]


@pytest.mark.parametrize("kind", [FIDHEDVGG16, KIDHEDVGG16])
def test_without_weights_they_are_unavailable(kind, tmp_path):
    with pytest.raises(UnavailableError, match="vgg16_hed"):
        kind(weights_dir=tmp_path)
