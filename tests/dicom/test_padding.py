"""What was not measured is found without a tag, and what was measured stays."""

from __future__ import annotations

import numpy as np
import pytest

from ldct.dicom.padding import unmeasured
from ldct.dicom.series import read_series
from ldct.tables.images import INVALID_HU
from tests.dicom.conftest import ct, write

SIZE = 128
Y, X = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
CORNERS = np.hypot(X, Y) > SIZE / 2
BODY = np.hypot(X, 1.2 * Y) < 0.4 * SIZE


def scan(noise: float, seed: int = 0, slices: int = 4) -> np.ndarray:
    """Soft tissue in air, both with noise, float HU."""
    return np.where(BODY, 40.0, -1000.0) + noise * np.random.default_rng(seed).standard_normal((slices, SIZE, SIZE))


def as_hu(values, lowest=-32767) -> np.ndarray:
    return np.clip(np.rint(values), lowest, 32767).astype(np.int16)


@pytest.mark.parametrize("value", [-2048, -3024, -2000, -1500, -32767])
def test_a_constant_below_the_scale_is_unmeasured(value):
    hu = as_hu(np.where(CORNERS, value, scan(20.0)))
    assert np.array_equal(unmeasured(hu), np.broadcast_to(CORNERS, hu.shape))


@pytest.mark.parametrize("value", [-1024, -1000, 0])
def test_so_is_a_constant_outside_of_the_circle(value):
    """0 as stored, where the scale itself has that value."""
    hu = as_hu(np.where(CORNERS, value, scan(20.0)))
    found = unmeasured(hu)
    assert (found <= CORNERS).mean() == 1.0
    assert found[:, CORNERS].mean() > 0.99


def test_one_corner_of_an_image_beside_the_field_of_view_is_found():
    outside = np.hypot(X - 40, Y - 40) > 0.75 * SIZE
    hu = as_hu(np.where(outside, -2000, scan(20.0)))
    assert 0.01 < outside.mean() < 0.5
    assert np.array_equal(unmeasured(hu), np.broadcast_to(outside, hu.shape))


@pytest.mark.parametrize("value", [-1024, 0])
def test_a_circle_smaller_than_the_image_is_found_by_the_air_in_it(value):
    """And not the skin of a round body in air of one value, as other software leaves it."""
    radius = np.hypot(X, Y)
    image = np.where(np.hypot(X, 1.3 * Y) < 0.25 * SIZE, 40.0, -1000.0)
    noise = 20.0 * np.random.default_rng(3).standard_normal((4, SIZE, SIZE))
    outside = radius > 0.38 * SIZE
    found = unmeasured(as_hu(np.where(outside, value, image + noise)))
    assert found[:, ~outside].mean() < 1e-3 and found[:, outside].mean() > 0.99
    for body in (radius < 0.4 * SIZE, np.hypot(X, 1.1 * Y) < 0.4 * SIZE):
        assert not unmeasured(as_hu(np.where(body, 40.0 + noise, value))).any()


@pytest.mark.parametrize("noise", [0.0, 5.0, 20.0, 100.0, 400.0])
@pytest.mark.parametrize("lowest", [-32767, -1024])
def test_air_with_and_without_noise_is_measured(noise, lowest):
    """Noise far below the scale, and clipped at its end."""
    assert not unmeasured(as_hu(scan(noise), lowest)).any()


@pytest.mark.parametrize("lowest", [-1024, -2048])
def test_noise_clipped_at_the_value_of_the_corners_stays(lowest):
    """Inside of the circle air is measured, though 17 % of it has the value of the corners."""
    hu = as_hu(np.where(CORNERS, lowest, scan(25.0 if lowest == -1024 else 1000.0)), lowest)
    inside = (hu == lowest) & ~CORNERS
    assert 0.02 < inside.mean() < 0.3
    assert unmeasured(hu)[inside].mean() < 0.02


def test_metal_streaks_that_end_in_a_clip_stay():
    ramp = np.linspace(-6000, 40, SIZE)[None, :, None]
    hu = as_hu(np.where(BODY, ramp + 30 * np.random.default_rng(0).standard_normal((2, SIZE, SIZE)), -1000.0), -2048)
    assert (hu == -2048).sum() > 500
    assert not unmeasured(hu).any()


def test_the_error_of_a_pair_does_not_depend_on_the_vendor(tmp_path):
    """The same anatomy padded in three ways, with and without the tag: one error, that of the pixels in the circle."""
    pairs = [as_hu(scan(noise, seed)) for noise, seed in ((10.0, 1), (20.0, 2))]
    truth = np.sqrt(np.mean((pairs[1].astype(float) - pairs[0])[:, ~CORNERS] ** 2))
    for name, value, tag in (("a", -2048, None), ("b", -3024, None), ("c", -3024, -2000)):
        stacks = []
        for dose, hu in zip(("full", "low"), pairs, strict=True):
            stored = np.where(CORNERS, value, hu).astype(int) + 1024
            files = [
                ct(k, Rows=SIZE, Columns=SIZE, PixelData=image.astype("<i2").tobytes())
                for k, image in enumerate(stored)
            ]
            for one in files:
                if tag is not None:
                    one.add_new("PixelPaddingValue", "SS", tag)
            found, _ = read_series(write(tmp_path / name / dose, *files), patient="p", dose=dose)
            assert found is not None
            assert bool(found.notes) == (tag is None)
            stacks.append(found.stack)
        valid = stacks[0].valid & stacks[1].valid
        error = np.sqrt(np.mean((stacks[1].hu.astype(float) - stacks[0].hu)[valid] ** 2))
        assert error == pytest.approx(truth, rel=1e-12)
        assert (stacks[0].hu[:, CORNERS] == INVALID_HU).all()
