"""Fan-beam projection and reconstruction against closed forms."""

from __future__ import annotations

from dataclasses import replace

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


NEEDED = int(np.ceil(BEAM.views * (0.5 + BEAM.gamma[-1] / np.pi)))


def short(views, start=0.7):
    return replace(BEAM, measured=views, start=start)


def test_each_line_counts_once_in_a_short_scan():
    """The two rays of a line, (beta, gamma) and (beta + pi + 2 gamma, -gamma), have weights that add to two."""
    beam = FanBeam(views=8000, columns=81, step=0.01, measured=5200)
    weight, turn = beam.redundancy, 2 * np.pi * 5200 / 8000
    for column in range(0, 81, 8):
        partner = beam.beta + np.pi + 2 * beam.gamma[column]
        both = (partner > 0) & (partner < turn)
        other = np.interp(partner[both], beam.beta, weight[:, 80 - column])
        assert weight[both, column] + other == pytest.approx(np.full(both.sum(), 2.0), abs=2e-3)


@pytest.mark.parametrize("extra", [0, 40])
def test_a_short_scan_gives_the_image_of_the_full_one(extra):
    image, whole = (
        backproject(
            (disc_integrals(b, 0, 0, 120, MU) + disc_integrals(b, 40, -30, 20, 0.1 * MU)).astype(np.float32),
            (200, 200), (1.5, 1.5), b, "soft",
        )
        for b in (short(NEEDED + extra), BEAM)
    )  # fmt: skip
    x, y = grid(200, 1.5)
    hu, away = 1000 * (image / MU - 1), np.hypot(x - 40, y + 30)
    assert hu[away < 12].mean() == pytest.approx(100, abs=2)
    water = (np.hypot(x, y) < 100) & (away > 30)
    assert hu[water].mean() == pytest.approx(0, abs=1)
    assert 1000 / MU * np.abs(image - whole)[water].max() < 10


def test_without_the_weights_a_short_scan_would_be_wrong(monkeypatch):
    beam = short(NEEDED)
    p = disc_integrals(beam, 0, 0, 120, MU).astype(np.float32)
    right = backproject(p, (100, 100), (2.0, 2.0), beam, "soft")
    monkeypatch.setattr(FanBeam, "redundancy", np.float32(BEAM.views / beam.count))
    wrong = backproject(p, (100, 100), (2.0, 2.0), beam, "soft")
    assert np.std(1000 / MU * wrong[20:80, 20:80]) > 10 * np.std(1000 / MU * right[20:80, 20:80])


def test_a_scan_that_is_too_short_is_refused():
    beam = short(NEEDED - 5)
    with pytest.raises(ValueError, match="short scan needs"):
        backproject(np.zeros((beam.count, beam.columns), np.float32), (8, 8), (1.0, 1.0), beam, "ramp")
    odd = replace(BEAM, views=361)
    with pytest.raises(ValueError, match="even"):
        backproject(np.zeros((361, odd.columns), np.float32), (8, 8), (1.0, 1.0), odd, "ramp")


def test_pixels_that_not_every_view_sees_are_marked():
    image = backproject(np.zeros((BEAM.views, BEAM.columns), np.float32), (64, 64), (10.0, 10.0), BEAM, "ramp")
    x, y = grid(64, 10.0)
    assert np.array_equal(np.isnan(image), np.hypot(x, y) > BEAM.field_radius_mm)


def test_a_detector_off_its_middle_gives_the_same_image():
    beam = replace(BEAM, middle=(BEAM.columns - 1) / 2 + 0.25)
    image = [
        backproject(disc_integrals(b, 30, -20, 70, MU).astype(np.float32), (100, 100), (2.0, 2.0), b, "soft")
        for b in (BEAM, beam)
    ]
    x, y = grid(100, 2.0)
    inside = np.hypot(x - 30, y + 20) < 60
    assert 1000 / MU * np.abs(image[0] - image[1])[inside].max() < 8
