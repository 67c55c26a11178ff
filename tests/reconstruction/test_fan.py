"""Fan-beam projection and reconstruction against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from ldct.reconstruction.fan import FanBeam, backproject, project

BEAM = FanBeam(views=360, columns=368, step=2 * 1.2858 / 1085.6)
MU = 0.0192


def disc_integrals(beam, x, y, radius, mu):
    """Exact line integrals of a disc: chord length times mu, float64."""
    sx, sy = beam.radius_mm * np.cos(beam.beta), beam.radius_mm * np.sin(beam.beta)
    angle = beam.beta[:, None] + np.pi + beam.gamma
    across = (x - sx)[:, None] * -np.sin(angle) + (y - sy)[:, None] * np.cos(angle)
    return 2 * mu * np.sqrt(np.maximum(radius**2 - across**2, 0))


def grid(size, pixel):
    axis = (np.arange(size) - (size - 1) / 2) * pixel
    return axis[None, :], axis[:, None]


def test_joseph_projection_is_the_chord():
    x, y = grid(512, 0.5)
    image = MU * (np.hypot(x - 30, y + 20) < 70)
    found = project(image, (0.5, 0.5), BEAM)
    exact = disc_integrals(BEAM, 30, -20, 70, MU)
    inside = exact > 0.5
    assert np.abs(found - exact)[inside].mean() < 0.004
    assert np.abs(found.sum() / exact.sum() - 1) < 1e-3


def test_projection_follows_unequal_pixel_spacing():
    x, y = grid(256, 1.0)
    square = project(MU * (np.hypot(x, y) < 60), (1.0, 1.0), BEAM)
    rows = (np.arange(128) - 63.5)[:, None] * 2.0
    tall = project(MU * (np.hypot(x, rows) < 60), (2.0, 1.0), BEAM)
    assert np.abs(square - tall).mean() < 0.02


@pytest.mark.parametrize("kernel", ["ramp", "hann", "soft", "sharp"])
def test_reconstruction_of_exact_projections_is_water_and_insert(kernel):
    p = disc_integrals(BEAM, 0, 0, 120, MU) + disc_integrals(BEAM, 40, -30, 20, 0.1 * MU)
    image = backproject(p.astype(np.float32), (200, 200), (1.5, 1.5), BEAM, kernel)
    x, y = grid(200, 1.5)
    hu = 1000 * (image / MU - 1)
    insert = np.hypot(x - 40, y + 30)
    assert hu[insert < 12].mean() == pytest.approx(100, abs=2)
    assert hu[(np.hypot(x, y) < 100) & (insert > 30)].mean() == pytest.approx(0, abs=1)
    assert hu[(np.hypot(x, y) > 135)].mean() == pytest.approx(-1000, abs=2)


def test_reconstruction_is_linear():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, BEAM.views, BEAM.columns)).astype(np.float32)
    image = [backproject(p, (64, 64), (3.0, 3.0), BEAM, "hann") for p in (a, b, a + 2 * b)]
    assert np.allclose(image[0] + 2 * image[1], image[2], atol=1e-4 * np.abs(image[2]).max())


def test_filtered_noise_has_no_mean_and_rises_with_frequency():
    """White noise in projections gives NPS proportional to |nu| at low frequency: little power near zero."""
    noise = np.random.default_rng(1).standard_normal((BEAM.views, BEAM.columns)).astype(np.float32)
    image = backproject(noise, (256, 256), (1.0, 1.0), BEAM, "soft")[64:192, 64:192]
    power = np.abs(np.fft.fft2(image - image.mean())) ** 2
    nu = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)[None])
    near, middle = power[(nu > 0) & (nu < 0.03)].mean(), power[(nu > 0.15) & (nu < 0.25)].mean()
    assert near < 0.4 * middle
