"""HU bias and noise SD ratio on a phantom whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from ldct.metrics.base import NoValue, measure, view
from ldct.metrics.hu_bias import HUBias
from ldct.metrics.hu_bias_tissues import HUBiasBone, HUBiasFat, HUBiasLung
from ldct.metrics.noise_sd_ratio import NoiseSDRatio
from ldct.metrics.tissue import homogeneous, soft_tissue, window_size


@pytest.fixture
def body() -> np.ndarray:
    """A disk of 50 HU with a vessel of 180 HU in air, without noise."""
    y, x = np.mgrid[:200, :200] - 100
    hu = np.where(x**2 + y**2 < 80**2, 50.0, -1000.0)
    hu[x**2 + (y - 30) ** 2 < 12**2] = 180.0
    return gaussian_filter(hu, 1.0)


def test_bias_is_that_of_soft_tissue_only(body):
    reference = view(body)
    shifted = np.where(body < -500, body + 300, body - 7.5)
    assert measure(HUBias(), reference, view(shifted)) == pytest.approx(-7.5, abs=1e-4)


def test_bias_of_independent_noise_is_zero(body):
    rng = np.random.default_rng(1)
    reference, prediction = (view(body + rng.normal(0, 60, body.shape)) for _ in range(2))
    n = soft_tissue(reference).sum()
    assert abs(measure(HUBias(), reference, prediction)) < 4 * 60 * np.sqrt(2 / n)


def test_no_soft_tissue_has_a_reason(body):
    with pytest.raises(NoValue, match="fewer than 100 pixels of -100 to 200 HU"):
        measure(HUBias(), view(body - 900), view(body))
    with pytest.raises(NoValue, match="homogeneous"):
        measure(NoiseSDRatio(), view(body - 900), view(body))


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_ratio_of_white_noise(body, factor):
    rng = np.random.default_rng(2)
    reference = view(body + rng.normal(0, 10, body.shape), spacing_mm=(0.8, 0.8))
    prediction = view(body + rng.normal(0, 10 * factor, body.shape), spacing_mm=(0.8, 0.8))
    assert measure(NoiseSDRatio(), reference, prediction) == pytest.approx(factor, rel=0.04)


def test_homogeneous_windows_avoid_edges(body):
    rng = np.random.default_rng(3)
    reference = view(body + rng.normal(0, 10, body.shape), spacing_mm=(0.8, 0.8))
    chosen = homogeneous(reference)
    y, x = np.mgrid[:200, :200] - 100
    assert chosen.sum() > 1000
    assert not chosen[np.abs(np.hypot(x, y) - 80) < 3].any()
    assert not chosen[np.abs(np.hypot(x, y - 30) - 12) < 2].any()


def test_window_size_follows_the_pixel():
    assert [window_size((s, s)) for s in (0.3, 0.5, 0.7, 1.0, 2.0)] == [15, 9, 7, 5, 5]


@pytest.mark.parametrize(("kind", "hu"), [(HUBiasLung, -800), (HUBiasFat, -100), (HUBiasBone, 900)])
def test_bias_of_each_tissue(kind, hu):
    image = np.full((60, 60), 40.0)
    image[20:45, 15:40] = hu
    prediction = image + 2
    prediction[15:50, 10:45] -= 11
    assert measure(kind(), view(image), view(prediction)) == pytest.approx(-9, abs=1e-4)
