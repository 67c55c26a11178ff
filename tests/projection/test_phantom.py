"""Line integrals of analytic bodies against closed forms and brute force."""

from __future__ import annotations

import numpy as np
import pytest

from ldct.projection.geometry import Detector, axial, helical
from ldct.projection.patients import patient
from ldct.projection.phantom import Phantom

DETECTOR = Detector(
    columns=48,
    rows=6,
    column_spacing_mm=12.0,
    row_spacing_mm=6.0,
    source_isocentre_mm=595.0,
    source_detector_mm=1085.6,
    central_column=24.25,
    central_row=3.5,
)


def rays(geometry, view):
    """Source, and unit vectors to every detector element (columns, rows, 3)."""
    source = geometry.source[view]
    direction = geometry.elements(view) - source
    return source, direction / np.linalg.norm(direction, axis=-1, keepdims=True)


def test_sphere_is_the_chord_of_each_ray():
    centre, radius = np.array([40.0, -25.0, 3.0]), 60.0
    phantom = Phantom()
    phantom.ellipsoid(centre, (radius,) * 3, 0.02)
    geometry = helical(DETECTOR, views_per_rotation=16, pitch=1.0, start_mm=-8, stop_mm=8, flying_focal_spot="FFSXYZ")
    found = phantom.line_integrals(geometry)
    for view in range(0, len(geometry), 5):
        source, unit = rays(geometry, view)
        along = (centre - source) @ np.moveaxis(unit, -1, 0).reshape(3, -1)
        square = radius**2 - (np.sum((centre - source) ** 2) - along**2)
        chord = 2 * np.sqrt(np.maximum(square, 0))
        assert found[view].ravel() == pytest.approx(0.02 * chord, rel=1e-4, abs=2e-5)


def test_rotated_ellipsoid_and_clipped_cylinder_against_sampling():
    phantom = Phantom()
    phantom.ellipsoid((10.0, 30.0, -2.0), (50.0, 20.0, 12.0), 0.01, rotation=0.6)
    phantom.cylinder((-20.0, -10.0), (40.0, 25.0), (-6.0, 5.0), 0.015, angle=-0.3)
    geometry = axial(DETECTOR, views=4, start_angle=0.2)
    found = phantom.line_integrals(geometry)

    def density(points):
        x, y, z = np.moveaxis(points, -1, 0)
        c, s = np.cos(0.6), np.sin(0.6)
        u, v = c * (x - 10) + s * (y - 30), -s * (x - 10) + c * (y - 30)
        inside = (u / 50) ** 2 + (v / 20) ** 2 + ((z + 2) / 12) ** 2 <= 1
        c, s = np.cos(-0.3), np.sin(-0.3)
        u, v = c * (x + 20) + s * (y + 10), -s * (x + 20) + c * (y + 10)
        cut = ((u / 40) ** 2 + (v / 25) ** 2 <= 1) & (z >= -6) & (z <= 5)
        return 0.01 * inside + 0.015 * cut

    steps = np.arange(450.0, 750.0, 0.1)
    for view in range(4):
        source, unit = rays(geometry, view)
        for column, row in ((20, 0), (24, 2), (26, 3), (30, 5)):
            sampled = density(source + steps[:, None] * unit[column, row]).sum() * 0.1
            assert found[view, column, row] == pytest.approx(sampled, abs=3e-3)


def test_subrays_average_intensity_not_attenuation():
    phantom = Phantom()
    phantom.cylinder((0.0, 0.0), (80.0, 80.0), (-500.0, 500.0), 0.05)
    geometry = axial(DETECTOR, views=1)
    exact, mean = phantom.line_integrals(geometry), phantom.line_integrals(geometry, (8, 2))
    edge = np.argmax(np.diff((exact[0, :, 3] > 0).astype(int)))
    assert 0 < mean[0, edge, 3] < exact[0].max()
    assert mean[0, 24, 3] == pytest.approx(exact[0, 24, 3], rel=1e-2)


@pytest.mark.parametrize("region", ["chest", "abdomen"])
def test_patients_differ_vary_along_z_and_are_reproducible(region):
    x = np.arange(-150, 150, 6.0)
    z = np.arange(-20, 21, 10.0)
    first, again, other = (patient(region, seed).image(x, x, z) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 0.002
    assert np.abs(first[0] - first[-1]).max() > 0.002
    assert 0.015 < first[:, 22:28, 22:28].max() < 0.06
