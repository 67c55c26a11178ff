"""What each geometric mistake does to edges, at the full sampling of a clinical detector: none may pass unseen.

Region means hardly notice most of these; the position and MTF of an edge, and the difference between the images of the
focal spots, do. The simulator and the reconstruction share one geometry (itk-rtk's projector confirms it in
benchmarks/raw.py), so these tests say that a mistake would be caught, and how far from it the right image is.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache

import numpy as np
import pytest
from scipy import optimize

from ldct.projection.geometry import FOCAL_SPOTS, Detector, helical
from ldct.projection.phantom import Phantom
from ldct.reconstruction.wfbp import reconstruct_grid

MU = 0.0192
DETECTOR = Detector(
    columns=736,
    rows=16,
    column_spacing_mm=1.2858,
    row_spacing_mm=1.0947,
    source_isocentre_mm=595.0,
    source_detector_mm=1085.6,
    central_column=369.625,
    central_row=8.5,
)
CENTRE, RADIUS = (40.0, 15.0), 15.0
X, Y, Z = CENTRE[0] + np.arange(-22, 22.1, 0.4), CENTRE[1] + np.arange(-36, 22.1, 0.4), np.array([-0.6, 0.0, 0.6])


@lru_cache(maxsize=2)
def scan(mode):
    """A rod off the centre for its edge, and two small bodies that lie above and below the slice."""
    phantom = Phantom()
    phantom.cylinder((0.0, 0.0), (80.0, 80.0), (-60.0, 60.0), MU)
    phantom.cylinder(CENTRE, (RADIUS, RADIUS), (-60.0, 60.0), 0.5 * MU)
    phantom.ellipsoid((30.0, -10.0, 3.0), (6.0, 6.0, 5.0), MU)
    phantom.ellipsoid((46.0, -14.0, -2.0), (4.0, 4.0, 2.0), 2 * MU)
    geometry = helical(
        DETECTOR,
        views_per_rotation=1152,
        pitch=0.8,
        start_mm=-12,
        stop_mm=12,
        flying_focal_spot=mode,
        start_angle=0.4,
    )
    return geometry, phantom.line_integrals(geometry, (2, 2))


def hu(projections, geometry):
    return 1000 * (reconstruct_grid(projections, geometry, X, Y, Z, kernel="ramp") / MU - 1)


@cache
def right(mode):
    geometry, projections = scan(mode)
    return hu(projections, geometry)


def edge(image):
    """Displacement (mm), radius error (mm) and MTF50 (1/mm) of the rod's edge in the middle slice."""
    x, y = np.meshgrid(X - CENTRE[0], Y - CENTRE[1])
    near = np.abs(np.hypot(x, y) - RADIUS) < 5
    x, y, value = x[near], y[near], image[1][near]

    def misfit(p):
        return p[0] + p[1] * np.tanh((p[4] - np.hypot(x - p[2], y - p[3])) / p[5]) - value

    fit = optimize.least_squares(misfit, [250, 250, 0, 0, RADIUS, 0.6], x_scale=[100, 100, 0.1, 0.1, 0.1, 0.1]).x
    distance = np.hypot(x - fit[2], y - fit[3])
    bins = np.arange(RADIUS - 5, RADIUS + 5, 0.2)
    total, count = (np.histogram(distance, bins, weights=w)[0] for w in (value, None))
    spread = -np.diff(total / np.maximum(count, 1)) * np.hanning(len(bins) - 2)
    transfer = np.abs(np.fft.rfft(spread, 4096))
    mtf50 = np.fft.rfftfreq(4096, 0.2)[np.argmax(transfer < 0.5 * transfer[0])]
    return float(np.hypot(fit[2], fit[3])), float(fit[4] - RADIUS), float(mtf50)


def spot_difference(projections, geometry, other=1):
    """SD (HU) between the images of two focal spots, each a scan of its own."""
    spots = FOCAL_SPOTS[geometry.flying_focal_spot]
    a, b = (
        hu(projections[k::spots], replace(geometry.views(slice(k, None, spots)), flying_focal_spot="FFSNONE"))
        for k in (0, other)
    )
    return float(np.std(a - b))


@pytest.mark.parametrize("mode", ["FFSNONE", "FFSZ", "FFSXY", "FFSXYZ"])
def test_edges_are_where_they_are_and_sharp(mode):
    moved, larger, mtf50 = edge(right(mode))
    assert moved < 0.02, "a twentieth of a pixel"
    assert abs(larger) < 0.03
    # Column of 0.70 mm at the isocentre, and linear interpolation in view and column.
    assert 0.34 < mtf50 < 0.44


@pytest.mark.parametrize(
    ("central_column", "share"), [(370.625, 0.7), (368.625, 0.7), (737 - 369.625, 0.5)], ids=["+1", "-1", "mirrored"]
)
def test_a_wrong_central_column_moves_and_blurs_edges(central_column, share):
    geometry, projections = scan("FFSNONE")
    wrong = replace(geometry, detector=replace(DETECTOR, central_column=central_column))
    moved, _, mtf50 = edge(hu(projections, wrong))
    assert moved > 0.2
    assert mtf50 < share * edge(right("FFSNONE"))[2]


@pytest.mark.parametrize(("mistake", "least"), [("columns", 200), ("rows", 80), ("views", 200)])
def test_flipped_or_shuffled_data_are_another_image(mistake, least):
    geometry, projections = scan("FFSNONE")
    if mistake == "columns":
        wrong = np.ascontiguousarray(projections[:, ::-1])
    elif mistake == "rows":
        wrong = np.ascontiguousarray(projections[:, :, ::-1])
    else:
        wrong = projections[np.random.default_rng(0).permutation(len(projections))]
    assert np.sqrt(np.mean((hu(wrong, geometry) - right("FFSNONE")) ** 2)) > least


@pytest.mark.parametrize(
    ("mode", "shifts", "other", "factor"),
    [
        ("FFSZ", ["axial_shift"], 1, 4),
        ("FFSZ", ["radial_shift"], 1, 2),
        ("FFSZ", ["axial_shift", "radial_shift"], 1, 4),
        ("FFSXY", ["angle_shift"], 1, 3),
        ("FFSXYZ", ["angle_shift"], 1, 2.5),
        ("FFSXYZ", ["axial_shift"], 2, 4),
    ],
)
def test_images_of_the_focal_spots_agree_only_with_the_right_signs(mode, shifts, other, factor):
    geometry, projections = scan(mode)
    wrong = replace(geometry, **{name: -getattr(geometry, name) for name in shifts})
    assert spot_difference(projections, wrong, other) > factor * spot_difference(projections, geometry, other)
    if "angle_shift" in shifts:
        assert edge(hu(projections, wrong))[2] < 0.85 * edge(right(mode))[2]


def test_ignoring_the_focal_spot_is_caught():
    geometry, projections = scan("FFSXY")
    still = replace(geometry, angle_shift=0 * geometry.angle_shift)
    assert spot_difference(projections, still) > 1.5 * spot_difference(projections, geometry)
    assert edge(hu(projections, still))[2] < 0.95 * edge(right("FFSXY"))[2]
