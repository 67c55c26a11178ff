"""Edge spread, transfer function, contrast and binned bias against closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.special import erf

from ldct.edge_spread import STEP_MM, frequency_at_half, transfer
from ldct.metrics.base import NoValue, measure, view
from ldct.metrics.cnr_ratio import CNRRatio
from ldct.metrics.edge_width_ratio import EdgeWidthRatio
from ldct.metrics.edges import find_edges, width
from ldct.metrics.hu_bias_bins import HUBiasBins
from ldct.metrics.ttf50_ratio import TTF50Ratio

SPACING = (0.6, 0.8)


def disc(sigma_mm: float, noise: float = 0.0, low: float = -900.0, high: float = 50.0) -> np.ndarray:
    """A disc of radius 50 mm whose edge is the integral of a Gaussian, by its closed form at pixel centres."""
    y, x = np.mgrid[:240, :200]
    distance = 50 - np.hypot((y - 119.5) * SPACING[0], (x - 99.5) * SPACING[1])
    step = 0.5 * (1 + erf(distance / (np.sqrt(2) * sigma_mm)))
    return low + (high - low) * step + np.random.default_rng(1).normal(0, noise, step.shape)


def seen(hu: np.ndarray):
    return view(hu, None, SPACING)


def spread(sigma_mm: float) -> np.ndarray:
    t = np.arange(-6, 6 + STEP_MM / 2, STEP_MM)
    return 0.5 * (1 + erf(t / (np.sqrt(2) * sigma_mm)))


@pytest.mark.parametrize("sigma", [0.6, 1.0, 1.5])
def test_transfer_and_width_of_a_gaussian_edge(sigma):
    f, response = transfer(spread(sigma))
    low = f < 0.4 / sigma
    assert response[low] == pytest.approx(np.exp(-2 * (np.pi * sigma * f[low]) ** 2), abs=0.035)
    assert frequency_at_half(spread(sigma)) == pytest.approx(np.sqrt(np.log(2) / 2) / (np.pi * sigma), rel=0.05)
    assert width(spread(sigma)) == pytest.approx(2.5631 * sigma, rel=0.02)


@pytest.mark.parametrize("noise", [0.0, 20.0])
def test_ratios_are_those_of_the_blurs(noise):
    sharp, blurred = disc(0.9, noise), disc(1.5, noise)
    edges = find_edges(seen(sharp))
    assert width(edges.spread(seen(sharp))) == pytest.approx(2.5631 * 0.9, rel=0.06)
    assert measure(EdgeWidthRatio(), seen(sharp), seen(blurred)) == pytest.approx(1.5 / 0.9, rel=0.06)
    assert measure(TTF50Ratio(), seen(sharp), seen(blurred)) == pytest.approx(0.9 / 1.5, rel=0.06)
    assert measure(TTF50Ratio(), seen(blurred), seen(sharp)) > 1.4
    assert measure(EdgeWidthRatio(), seen(sharp), seen(sharp)) == 1


def test_edges_are_isolated_steps_and_lie_on_the_crest():
    y, x = find_edges(seen(disc(0.9, 10.0))).points[:, :, 60]
    radius = np.hypot((y - 119.5) * SPACING[0], (x - 99.5) * SPACING[1])
    assert len(radius) > 300 and radius == pytest.approx(50, abs=0.4)
    ring = np.where(np.abs(np.hypot(*(np.mgrid[:240, :240] - 119.5)) - 60) < 2, 400.0, 0.0)
    with pytest.raises(NoValue, match="isolated edges"):
        find_edges(view(ring, None, (1.0, 1.0)))
    with pytest.raises(NoValue, match="0 isolated edges"):
        measure(TTF50Ratio(), seen(np.zeros((200, 200))), seen(np.zeros((200, 200))))


def test_contrast_to_noise_of_soft_tissue_and_fat():
    rng = np.random.default_rng(0)
    clean = np.where(np.arange(200) < 120, 50.0, -100.0) + np.zeros((200, 1))
    reference, prediction = (clean + rng.normal(0, sd, clean.shape) for sd in (5, 12))
    assert measure(CNRRatio(), view(reference), view(prediction)) == pytest.approx(5 / 12, rel=0.04)
    with pytest.raises(NoValue, match="no noise"):
        measure(CNRRatio(), view(reference), view(clean))
    with pytest.raises(NoValue, match="of fat"):
        measure(CNRRatio(), view(np.abs(reference)), view(prediction))


def test_biases_of_opposite_sign_do_not_cancel_in_bins():
    clean = np.repeat([-800.0, -300.0, 50.0, 400.0, 1000.0], 40)[:, None] + np.zeros((1, 40))
    bias = np.repeat([10.0, -10.0, 4.0, -4.0, 2.0], 40)[:, None]
    means = np.lib.stride_tricks.sliding_window_view(np.pad(clean, 2, mode="edge"), (5, 5)).mean(axis=(2, 3))
    edges = [-1024, -500, -200, 200, 600, 1900]
    in_bins = [(means >= low) & (means < high) for low, high in itertools.pairwise(edges)]
    difference = bias + 0 * clean
    expected = np.mean([abs(difference[inside].mean()) for inside in in_bins])
    assert measure(HUBiasBins(), view(clean), view(clean + bias)) == pytest.approx(expected)
    assert expected == pytest.approx(6.0, abs=0.5) and abs(bias.mean()) < 0.5
