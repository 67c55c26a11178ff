"""Helical reconstruction on an analytic phantom that varies along z, and what each geometric mistake does to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ldct.errors import InputError
from ldct.projection.geometry import Detector, helical
from ldct.projection.phantom import Phantom
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


def scan(mode="FFSNONE", pitch=0.9, backwards=False):
    span = (-45.0, 45.0) if not backwards else (45.0, -45.0)
    geometry = helical(
        DETECTOR,
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


@pytest.mark.parametrize(("pitch", "backwards"), [(0.6, False), (1.2, False), (0.9, True)])
def test_any_pitch_and_either_table_direction(pitch, backwards):
    geometry, projections = scan(pitch=pitch, backwards=backwards)
    water, dense, light = regions(hu(projections, geometry))
    assert water == pytest.approx(0, abs=1.5)
    assert dense == pytest.approx(50, abs=2.5)
    assert light == pytest.approx(-900, abs=2.5)


def test_what_was_not_measured_is_marked():
    geometry, projections = scan()
    far = np.arange(-320.0, 321.0, 40.0)
    image = reconstruct_grid(projections, geometry, far, far, np.array([0.0, 60.0]))
    assert np.isnan(image[0][np.hypot(far[None, :], far[:, None]) > DETECTOR.field_radius_mm + 1]).all()
    assert np.isnan(image[1]).all(), "beyond the end of the scan"
    assert np.isfinite(image[0][8, 8])


@pytest.fixture(scope="module")
def good():
    geometry, projections = scan()
    return geometry, projections, hu(projections, geometry)


def error(image):
    truth = 1000 * (phantom().image(AXIS, AXIS, Z, samples=4) / MU - 1)
    inside = np.hypot(AXIS[None, :] / 110, AXIS[:, None] / 90) < 1
    return float(np.sqrt(np.nanmean((image - truth)[:, inside] ** 2)))


@pytest.mark.parametrize(
    ("mistake", "factor"),
    [
        ("column off by one", 1.05),
        ("column mirrored", 1.03),
        ("columns flipped", 3),
        ("rows flipped", 1.5),
        ("views shuffled", 3),
    ],
)
def test_each_geometric_mistake_is_visible(good, mistake, factor):
    geometry, projections, image = good
    if mistake == "column off by one":
        geometry = replace(geometry, detector=replace(DETECTOR, central_column=93.25))
    elif mistake == "column mirrored":
        geometry = replace(geometry, detector=replace(DETECTOR, central_column=185 - 92.25))
    elif mistake == "columns flipped":
        projections = np.ascontiguousarray(projections[:, ::-1])
    elif mistake == "rows flipped":
        projections = np.ascontiguousarray(projections[:, :, ::-1])
    else:
        projections = projections[np.random.default_rng(0).permutation(len(projections))]
    assert error(hu(projections, geometry)) > factor * error(image)


def test_focal_spot_images_agree_only_with_the_right_sign():
    """Each focal spot is a scan of its own: with the shift's sign wrong, the two images are moved apart."""
    geometry, projections = scan("FFSXY")
    right, wrong = (
        [
            hu(projections[k::2], replace(views, flying_focal_spot="FFSNONE"))
            for k, views in enumerate((shifted.views(slice(0, None, 2)), shifted.views(slice(1, None, 2))))
        ]
        for shifted in (geometry, replace(geometry, angle_shift=-geometry.angle_shift))
    )
    difference = [float(np.nanstd(a - b)) for a, b in (right, wrong)]
    assert difference[1] > 1.5 * difference[0]


def test_irregular_views_are_refused(good):
    geometry, projections, _ = good
    keep = np.r_[0:40, 60 : len(geometry)]
    with pytest.raises(InputError):
        reconstruct_grid(projections[keep], geometry.views(keep), AXIS, AXIS, Z)
