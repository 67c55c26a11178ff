"""NPS measures on noise of known spectrum, edge slopes on edges of known width."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from ldct.metrics.base import NoValue, measure, view
from ldct.metrics.edge_sharpness_ratio import EdgeSharpnessRatio
from ldct.metrics.nps import (
    SIDE,
    frequencies,
    homogeneous_patches,
    mean_frequency,
    multiplicity,
    noise_power_spectrum,
    peak_frequency,
    radial,
    rings,
)
from ldct.metrics.nps_frequency_ratio import NPSFrequencyRatio
from ldct.metrics.nps_log_distance import NPSLogDistance
from ldct.metrics.nps_peak_ratio import NPSPeakRatio

SPACING = (0.8, 0.8)


def water(sd: float, seed: int, smooth: float = 0.0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((256, 256))
    return 40 + sd * (gaussian_filter(noise, smooth, mode="wrap") if smooth else noise)


def seen(hu: np.ndarray):
    return view(hu, spacing_mm=SPACING)


def test_the_integral_of_the_nps_is_the_variance():
    image = seen(water(12, 0))
    spectrum = noise_power_spectrum(image, homogeneous_patches(image))
    bin_area = 1 / (SIDE * SPACING[0]) / (SIDE * SPACING[1])
    # The plane removed from each patch takes about 3 of its degrees of freedom, weighted by the window.
    assert np.sum(spectrum * multiplicity()) * bin_area == pytest.approx(144, rel=0.06)


def test_white_noise_is_flat_and_has_the_mean_frequency_of_the_plane():
    image = seen(water(12, 1))
    spectrum = noise_power_spectrum(image, homogeneous_patches(image))
    curve = radial(spectrum, SPACING)
    assert curve == pytest.approx(np.full(len(curve), 144 * 0.64), rel=0.15)
    flat = np.ones_like(spectrum)
    assert mean_frequency(spectrum, SPACING) == pytest.approx(mean_frequency(flat, SPACING), rel=0.03)


def test_spectrum_of_smoothed_noise_follows_its_transfer_function():
    image = seen(water(30, 2, smooth=1.0))
    spectrum = noise_power_spectrum(image, homogeneous_patches(image))
    f = frequencies(SPACING) * SPACING[0]
    expected = 900 * 0.64 * np.exp(-4 * np.pi**2 * f**2)
    band = (f > 0.1) & (f < 0.3)
    np.testing.assert_allclose(np.log(spectrum[band]), np.log(expected[band]), atol=0.6)
    assert np.mean(np.log(spectrum[band] / expected[band])) == pytest.approx(0, abs=0.1)


def test_log_distance_of_doubled_noise():
    assert measure(NPSLogDistance(), seen(water(10, 3)), seen(water(20, 3))) == pytest.approx(np.log(4), rel=0.02)
    assert measure(NPSLogDistance(), seen(water(10, 3)), seen(water(10, 3))) == 0


def test_frequency_ratio_of_coarser_noise():
    reference = seen(water(10, 4))
    assert measure(NPSFrequencyRatio(), reference, seen(water(20, 5))) == pytest.approx(1, abs=0.04)
    assert measure(NPSFrequencyRatio(), reference, seen(water(10, 5, smooth=1.0))) < 0.6


def banded(peak: float, seed: int) -> np.ndarray:
    """Water with noise whose amplitude is a Gaussian of the frequency, in 1/mm, about `peak`."""
    f = np.hypot(np.fft.fftfreq(256, SPACING[0])[:, None], np.fft.rfftfreq(256, SPACING[1]))
    white = np.fft.rfft2(np.random.default_rng(seed).standard_normal((256, 256)))
    noise = np.fft.irfft2(white * np.exp(-(((f - peak) / 0.15) ** 2)), (256, 256))
    return 40 + 12 * noise / noise.std()


@pytest.mark.parametrize("peak", [0.25, 0.31, 0.4])
def test_peak_frequency_is_that_of_the_noise(peak):
    image = seen(banded(peak, 8))
    spectrum = noise_power_spectrum(image, homogeneous_patches(image))
    assert peak_frequency(spectrum, SPACING) == pytest.approx(peak, abs=0.015)
    assert len(rings(SPACING)) == len(radial(spectrum, SPACING))
    assert rings(SPACING)[-1] == pytest.approx(0.5 / SPACING[0])
    other = seen(banded(0.35, 9))
    assert measure(NPSPeakRatio(), other, image) == pytest.approx(peak / 0.35, abs=0.06)
    assert measure(NPSPeakRatio(), image, other) == pytest.approx(0.35 / peak, abs=0.09)


def test_noise_that_peaks_where_anatomy_hides_it_has_a_reason(ct):
    falling, image = seen(water(30, 2, smooth=1.5)), seen(banded(0.3, 9))
    for pair in ((falling, image), (image, falling), (view(ct), view(ct))):
        with pytest.raises(NoValue, match="anatomy hides it"):
            measure(NPSPeakRatio(), *pair)


def test_no_noise_or_no_tissue_has_a_reason():
    with pytest.raises(NoValue, match="no noise"):
        measure(NPSFrequencyRatio(), seen(np.full((256, 256), 40.0)), seen(water(10, 0)))
    with pytest.raises(NoValue, match="patches"):
        measure(NPSLogDistance(), seen(water(10, 0) - 900), seen(water(10, 0)))


def disk(sigma_mm: float) -> np.ndarray:
    """A disk of 1000 HU above air whose edge is a Gaussian-blurred step; sampled finely, then averaged."""
    y, x = (np.mgrid[:1024, :1024] - 511.5) * 0.2
    sharp = np.where(np.hypot(x, y) < 70, 0.0, -1000.0)
    return gaussian_filter(sharp, sigma_mm / 0.2).reshape(256, 4, 256, 4).mean(axis=(1, 3))


def test_edge_slope_follows_the_width_of_the_edge():
    # A step of 1000 HU blurred by sigma and smoothed by s has a slope profile of variance sigma^2 + ..., so that the
    # mean over edge pixels of two blurs compares as the mean of their profiles over the same pixels.
    reference, blurred = disk(0.8), disk(1.6)
    noise = np.random.default_rng(0).normal(0, 20, reference.shape)
    value = measure(EdgeSharpnessRatio(), seen(reference), seen(blurred))
    assert measure(EdgeSharpnessRatio(), seen(reference), seen(reference)) == pytest.approx(1)
    assert measure(EdgeSharpnessRatio(), seen(reference), seen(blurred + noise)) == pytest.approx(value, abs=0.01)
    y, x = (np.mgrid[:256, :256] - 127.5) * 0.8
    distance = np.hypot(x, y) - 70
    smoothed = np.hypot(0.8, 1.0)
    near = 1000 * np.exp(-(distance**2) / (2 * smoothed**2)) / (smoothed * np.sqrt(2 * np.pi)) >= 40
    profile = [np.mean(np.exp(-(distance[near] ** 2) / (2 * s**2)) / s) for s in (1.6, 0.8)]
    assert value == pytest.approx(profile[0] / profile[1], rel=0.05)


def test_an_image_without_edges_has_a_reason():
    with pytest.raises(NoValue, match="edges"):
        measure(EdgeSharpnessRatio(), seen(water(5, 0)), seen(water(5, 1)))
