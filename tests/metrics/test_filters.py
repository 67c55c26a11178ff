"""Denoisers without training: what they take away and what they keep."""

from __future__ import annotations

import numpy as np
import pytest

from ldct.filters.classical import gaussian, non_local_means
from ldct.metrics.base import view


def disc(size: int = 96) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - size / 2
    return np.where(np.hypot(x, y) < 30, 60.0, np.where(np.hypot(x, y) < 44, -900.0, -1000.0))


def test_non_local_means_keeps_the_edge_that_a_gaussian_blurs():
    rng = np.random.default_rng(0)
    clean = disc()
    noisy = clean + rng.normal(0, 30, clean.shape)
    image = view(noisy)
    inside = np.hypot(*(np.mgrid[:96, :96] - 48)) < 24
    edge = np.abs(np.hypot(*(np.mgrid[:96, :96] - 48)) - 30) < 1.5
    for made in (gaussian(image), non_local_means(image)):
        assert made.dtype == np.float32 and made.shape == clean.shape
        assert (made - clean)[inside].std() < 0.45 * 30
        assert (made - clean)[inside].mean() == pytest.approx(0, abs=3)
    rms = [np.sqrt(np.mean((made - clean)[edge] ** 2)) for made in (gaussian(image), non_local_means(image))]
    assert rms[1] < 0.5 * rms[0]


def test_without_soft_tissue_the_noise_is_unknown_and_the_slice_stays():
    image = view(np.full((40, 40), -1000.0))
    assert np.array_equal(non_local_means(image), image.pixels)
