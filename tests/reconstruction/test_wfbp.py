"""Helical reconstruction on an analytic phantom that varies along z."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ldct.errors import InputError
from ldct.projection.ctpd.writer import SeriesInfo, Writer
from ldct.projection.geometry import Detector, axial, helical
from ldct.projection.phantom import Phantom
from ldct.reconstruction.helical import reconstruct
from ldct.reconstruction.kernels import Kernel, window
from ldct.reconstruction.wfbp import reconstruct_grid

MU = 0.0192
DETECTOR = Detector(
    columns=184,
    rows=16,
    column_spacing_mm=5.1432,
    row_spacing_mm=4.3788,
    source_isocentre_mm=595.0,
    source_detector_mm=1085.6,
    central_column=92.25,
    central_row=8.5,
)
# At the pitch limit rows of 2.4 mm blur the light sphere's ends into its middle.
FINE_ROWS = replace(DETECTOR, rows=32, row_spacing_mm=2.1894, central_row=16.5)
AXIS = np.arange(-130.0, 131.0, 4.0)
Z = np.array([-3.0, 0.0, 3.0])


def phantom() -> Phantom:
    """Water, a dense sphere, a light one, and beads at different heights."""
    made = Phantom()
    made.cylinder((0.0, 0.0), (120.0, 100.0), (-80.0, 80.0), MU)
    made.ellipsoid((50.0, 10.0, 0.0), (22.0, 22.0, 16.0), 0.05 * MU)
    made.ellipsoid((-45.0, -20.0, 0.0), (28.0, 25.0, 20.0), -0.9 * MU)
    for k in range(8):
        angle = 2 * np.pi * k / 8
        made.ellipsoid((85 * np.cos(angle), 70 * np.sin(angle), 6.0 * (k % 3 - 1)), (8.0, 8.0, 5.0), 0.8 * MU)
    return made


def scan(mode="FFSNONE", pitch=0.9, backwards=False, detector=DETECTOR):
    span = (-45.0, 45.0) if not backwards else (45.0, -45.0)
    geometry = helical(
        detector,
        views_per_rotation=288,
        pitch=pitch,
        start_mm=span[0],
        stop_mm=span[1],
        flying_focal_spot=mode,
        start_angle=0.4,
    )
    return geometry, phantom().line_integrals(geometry, (2, 2))


def hu(projections, geometry):
    return 1000 * (reconstruct_grid(projections, geometry, AXIS, AXIS, Z) / MU - 1)


def regions(image):
    """Mean HU of water, the dense and the light sphere in the central slice."""
    x, y = AXIS[None, :], AXIS[:, None]
    away = (np.hypot(x - 50, y - 10) > 34) & (np.hypot(x + 45, y + 20) > 42)
    water = (np.hypot(x, y) < 55) & away
    dense, light = np.hypot(x - 50, y - 10) < 13, np.hypot(x + 45, y + 20) < 15
    return [float(image[1][where].mean()) for where in (water, dense, light)]


@pytest.mark.parametrize("mode", ["FFSNONE", "FFSZ", "FFSXY", "FFSXYZ"])
def test_water_and_inserts_are_right_for_every_focal_spot_mode(mode):
    geometry, projections = scan(mode)
    water, dense, light = regions(hu(projections, geometry))
    assert water == pytest.approx(0, abs=1)
    assert dense == pytest.approx(50, abs=2)
    assert light == pytest.approx(-900, abs=2)


@pytest.mark.parametrize(("pitch", "backwards"), [(0.6, False), (1.2, False), (1.5, False), (0.9, True), (1.5, True)])
def test_any_pitch_and_either_table_direction(pitch, backwards):
    geometry, projections = scan(pitch=pitch, backwards=backwards, detector=FINE_ROWS)
    water, dense, light = regions(hu(projections, geometry))
    assert water == pytest.approx(0, abs=1)
    assert dense == pytest.approx(50, abs=2)
    assert light == pytest.approx(-900, abs=2)


@pytest.mark.parametrize("views", [288, 190, 360], ids=["full", "short", "more than a turn"])
def test_an_axial_scan_full_and_short(views):
    """No table motion is a helix of no pitch; a turn of pi and the fan measures every direction once."""
    geometry = axial(DETECTOR, views=288, start_angle=0.4).views(np.arange(views) % 288)
    geometry = replace(geometry, angle=0.4 + 2 * np.pi * np.arange(views) / 288)
    water, dense, light = regions(hu(phantom().line_integrals(geometry, (2, 2)), geometry))
    assert water == pytest.approx(0, abs=1)
    assert dense == pytest.approx(50, abs=2)
    assert light == pytest.approx(-900, abs=2)


def test_less_than_a_short_scan_is_not_measured():
    geometry = axial(DETECTOR, views=288).views(slice(0, 170))
    assert np.isnan(hu(phantom().line_integrals(geometry), geometry)).any((0, 1, 2))


def test_an_axial_series_becomes_slices_of_what_it_covers(tmp_path):
    geometry = axial(DETECTOR, views=288, position_mm=30.0)
    moved = Phantom()
    moved.cylinder((0.0, 0.0), (120.0, 100.0), (-80.0, 140.0), MU)
    info = SeriesInfo(
        study_uid="2.25.1",
        series_uid="2.25.2",
        frame_of_reference_uid="2.25.3",
        patient_id="axial",
        views_per_rotation=288,
        pitch=0.0,
        water_attenuation=MU,
        slope=1.5e-4,
        intercept=-0.2,
    )
    codes = np.rint((moved.line_integrals(geometry) + 0.2) / 1.5e-4).astype(np.uint16)
    Writer(tmp_path / "a", geometry, info, np.full(184, 1e5)).write(0, codes)
    settings = {"matrix": 64, "field_of_view_mm": 200.0, "slice_thickness_mm": 3.0, "slice_spacing_mm": 3.0}
    stack = reconstruct(tmp_path / "a", {**settings, "kernel": "soft"})
    assert len(stack) >= 7 and stack.position_mm.mean() == pytest.approx(30, abs=0.01)
    assert np.abs(stack.hu[:, 20:44, 20:44].mean((1, 2))).max() < 1
    two = replace(geometry, position=np.repeat([30.0, 60.0], 144))
    Writer(tmp_path / "b", two, info, np.full(184, 1e5)).write(0, codes)
    with pytest.raises(InputError, match="several table positions"):
        reconstruct(tmp_path / "b", {**settings, "kernel": "soft"})


def test_what_was_not_measured_is_marked():
    geometry, projections = scan()
    far = np.arange(-320.0, 321.0, 40.0)
    image = reconstruct_grid(projections, geometry, far, far, np.array([0.0, 60.0]))
    assert np.isnan(image[0][np.hypot(far[None, :], far[:, None]) > DETECTOR.field_radius_mm + 1]).all()
    assert np.isnan(image[1]).all(), "beyond the end of the scan"
    assert np.isfinite(image[0][8, 8])


def test_irregular_views_are_refused():
    geometry, projections = scan()
    keep = np.r_[0:40, 60 : len(geometry)]
    with pytest.raises(InputError):
        reconstruct_grid(projections[keep], geometry.views(keep), AXIS, AXIS, Z)


@pytest.mark.parametrize("kernel", ["hann", "soft", "sharp", Kernel(mtf50=0.05, order=1.5)])
def test_a_kernel_passes_each_frequency_as_its_window_says(kernel):
    """White noise has power at all frequencies: amplitudes relative to the plain ramp, ring by ring, are W."""
    geometry, projections = scan()
    noise = np.random.default_rng(0).standard_normal(projections.shape, np.float32)
    axis = np.arange(-64, 64) * 1.0
    plain, filtered = (reconstruct_grid(noise, geometry, axis, axis, Z, kernel=name) for name in ("ramp", kernel))
    spectra = [np.fft.fft2(image * np.outer(np.hanning(128), np.hanning(128))) for image in (plain, filtered)]
    nu = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128))
    nyquist = 0.5 / (DETECTOR.column_spacing_mm * DETECTOR.source_isocentre_mm / DETECTOR.source_detector_mm)
    for low in np.arange(0.02, 0.15, 0.02):
        ring = (nu >= low) & (nu < low + 0.02)
        power = (np.abs(spectra[0]) ** 2).sum(0)[ring]
        found = (spectra[1] * np.conj(spectra[0])).real.sum(0)[ring].sum() / power.sum()
        assert found == pytest.approx(np.average(window(kernel, nu[ring], nyquist), weights=power), abs=0.02)
