"""Pairs are told by what differs between the doses, whatever the anatomy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from ldct.data.pairing import check, more_noise
from ldct.dicom.series import read_series
from ldct.errors import InputError
from ldct.reconstruction.insertion import insert_noise
from ldct.tables.images import ImageStack

DEMO = Path(__file__).resolve().parents[2] / "resources/demo"


def lungs(slices: int = 3, size: int = 192) -> np.ndarray:
    """A chest full of vessels: lung with branching structure of 50 to 300 HU, little soft tissue around it; HU."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size] - size / 2
    body, lung = np.hypot(x / 1.2, y) < 0.4 * size, np.hypot(x / 1.25, y) < 0.33 * size
    vessels = np.stack([gaussian_filter(rng.normal(0, 1, body.shape), 1.2) for _ in range(slices)]) * 900
    return np.where(lung, -850 + np.abs(vessels), np.where(body, 50 + 0.05 * vessels, -1000))


def stack(hu: np.ndarray, dose: str) -> ImageStack:
    position = np.arange(len(hu)) * 3.0
    return ImageStack(
        patient="p", dose=dose, hu=np.rint(hu).astype(np.int16), position_mm=position, pixel_spacing_mm=(0.7, 0.7),
        slice_thickness_mm=3.0, origin_mm=np.stack([0 * position, 0 * position, position], axis=1),
    )  # fmt: skip


def noisy(hu: np.ndarray, sd: float, seed: int) -> np.ndarray:
    grain = np.random.default_rng(seed).normal(0, 1, hu.shape)
    grain = np.stack([gaussian_filter(one, 0.6) for one in grain])
    return hu + sd * grain / grain.std()


@pytest.mark.parametrize(("full_sd", "low_sd"), [(10, 12), (10, 20), (4, 40)])
def test_excess_noise_is_that_which_was_added_among_vessels(full_sd, low_sd):
    clean = lungs()
    full, low = noisy(clean, full_sd, 1), noisy(clean, low_sd, 2)
    valid = np.ones(clean.shape[1:], bool)
    found = np.concatenate([more_noise(a, b, valid) for a, b in zip(full, low, strict=True)])
    grain = noisy(np.zeros_like(clean), 1, 3)
    share = np.mean([np.var(one - gaussian_filter(one, 2.0)) for one in grain])
    error = found.std() / np.sqrt(len(found))
    assert found.mean() == pytest.approx(share * (low_sd**2 - full_sd**2), abs=4 * error)
    check(stack(full, "full"), stack(low, "low"))
    if low_sd > 1.5 * full_sd:
        with pytest.raises(InputError, match="less noise"):
            check(stack(low, "full"), stack(full, "low"))


def test_the_same_images_twice_are_refused():
    full = noisy(lungs(), 10, 1)
    with pytest.raises(InputError, match="the same images at both doses"):
        check(stack(full, "full"), stack(full, "low"))


@pytest.mark.parametrize("fraction", [0.1, 0.8])
def test_real_chest_pairs_are_accepted_and_swapped_or_moved_ones_are_not(fraction):
    found = read_series(DEMO / "lung2", patient="p", dose="full")[0]
    assert found is not None
    own = np.arange(20, 41, 10)
    full = replace(
        found.stack, hu=found.stack.hu[own], position_mm=found.stack.position_mm[own],
        origin_mm=found.stack.origin_mm[own], index=found.stack.index[own],
    )  # fmt: skip
    low = insert_noise(full, fraction=fraction, photons=None, electronic_noise=8.0, seed=1)
    check(full, low)
    with pytest.raises(InputError, match="less noise"):
        check(low, full)
    with pytest.raises(InputError, match=r"pixels apart|apart in soft tissue"):
        check(full, replace(low, hu=np.roll(low.hu, 1, axis=2)))
    with pytest.raises(InputError):
        check(full, replace(low, hu=low.hu[[1, 2, 0]]))
