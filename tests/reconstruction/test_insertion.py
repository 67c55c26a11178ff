"""Inserted noise has the variance, texture and mean that a lower dose has."""

from __future__ import annotations

import numpy as np
import pytest

from ldct.projection.noise import acquire, bowtie
from ldct.reconstruction.fan import backproject, project
from ldct.reconstruction.insertion import SCANNER, WATER, calibrate, insert_noise
from ldct.reconstruction.noise_level import noise_sd
from ldct.tables.images import INVALID_HU, ImageStack

SIZE, PIXEL, PHOTONS, SLICES = 160, 2.0, 8.0e5, 12


def stack(hu, index=None) -> ImageStack:
    hu = np.asarray(hu, np.int16)
    return ImageStack(
        patient="p",
        dose="full",
        hu=hu,
        position_mm=np.arange(len(hu), dtype=float),
        pixel_spacing_mm=(PIXEL, PIXEL),
        slice_thickness_mm=1.0,
        origin_mm=np.zeros((len(hu), 3)),
        index=np.arange(len(hu), dtype=np.int32) if index is None else np.asarray(index, np.int32),
    )


@pytest.fixture(scope="module")
def scanned() -> tuple[ImageStack, ImageStack]:
    """A water phantom with an insert, as the scanner sees it at full and at a quarter of the dose."""
    axis = (np.arange(SIZE) - (SIZE - 1) / 2) * PIXEL
    x, y = axis[None, :], axis[:, None]
    mu = WATER * ((np.hypot(x, 1.2 * y) < 130) + 0.06 * (np.hypot(x - 60, y) < 20))
    clean = project(mu, (PIXEL, PIXEL), SCANNER)
    incident = bowtie(SCANNER.gamma, PHOTONS, WATER)
    rng = np.random.default_rng(5)
    images: dict[float, list[np.ndarray]] = {1.0: [], 0.25: []}
    for _ in range(SLICES):
        for fraction, made in images.items():
            p = acquire(clean[..., None], incident, fraction, 8.0, rng)[..., 0]
            image = backproject(p, (SIZE, SIZE), (PIXEL, PIXEL), SCANNER, "soft")
            made.append(np.rint(1000 * (image / WATER - 1)))
    return stack(images[1.0]), stack(images[0.25])


def tissue() -> np.ndarray:
    axis = (np.arange(SIZE) - (SIZE - 1) / 2) * PIXEL
    return np.hypot(axis[None, :], 1.2 * axis[:, None]) < 60


def noise_power(stacks: np.ndarray, bands=((0.02, 0.06), (0.06, 0.1), (0.1, 0.15))) -> np.ndarray:
    """Mean power of the central 64 x 64 pixels in bands of frequency (cycles per pixel)."""
    centre = stacks[:, 48:112, 48:112].astype(float)
    power = (np.abs(np.fft.fft2(centre - centre.mean(axis=(1, 2), keepdims=True))) ** 2).mean(axis=0)
    nu = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64)[None])
    return np.array([power[(nu >= low) & (nu < high)].mean() for low, high in bands])


def test_known_quanta_give_the_low_dose_scan(scanned):
    full, low = scanned
    made = insert_noise(full, fraction=0.25, photons=PHOTONS, electronic_noise=8.0, seed=1)
    where = tissue()
    sd = [np.mean([noise_sd(image) for image in s.hu]) for s in (low, made)]
    assert sd[1] == pytest.approx(sd[0], rel=0.07)
    shift = (made.hu.astype(float) - full.hu)[:, where].mean()
    assert abs(shift) < 1.0


def test_added_variance_is_one_over_a_minus_one_times_that_of_full(scanned):
    full, _ = scanned
    made = insert_noise(full, fraction=0.1, photons=None, electronic_noise=8.0, seed=1)
    added = (made.hu.astype(float) - full.hu)[:, tissue()]
    own = np.stack([full.hu[i].astype(float) - full.hu[i - 1] for i in range(SLICES)])[:, tissue()] / np.sqrt(2)
    assert added.var() / own.var() == pytest.approx(1 / 0.1 - 1, rel=0.25)


def test_texture_is_that_of_the_scan(scanned):
    full, _ = scanned
    made = insert_noise(full, fraction=0.25, photons=PHOTONS, electronic_noise=0.0, seed=1)
    added = noise_power(made.hu.astype(float) - full.hu)
    own = noise_power(np.stack([full.hu[i].astype(float) - full.hu[i - 1] for i in range(SLICES)]))
    ratio = added / own
    assert ratio / ratio.mean() == pytest.approx(np.ones(3), abs=0.2)


def test_calibration_finds_the_quanta_of_the_scan(scanned):
    found = calibrate(scanned[0], fraction=0.25, electronic_noise=8.0, seed=3)
    assert found == pytest.approx(PHOTONS, rel=0.3)


def test_a_slice_does_not_depend_on_the_others(scanned):
    full, _ = scanned
    whole = insert_noise(full, fraction=0.25, photons=PHOTONS, electronic_noise=8.0, seed=1)
    alone = insert_noise(stack(full.hu[2:3], [2]), fraction=0.25, photons=PHOTONS, electronic_noise=8.0, seed=1)
    other = insert_noise(stack(full.hu[2:3], [2]), fraction=0.25, photons=PHOTONS, electronic_noise=8.0, seed=2)
    assert np.array_equal(whole.hu[2], alone.hu[0])
    assert not np.array_equal(alone.hu, other.hu)
    assert whole.dose == "low"


def test_unmeasured_pixels_stay_so_and_air_alone_is_harmless():
    hu = np.full((1, SIZE, SIZE), -1000, np.int16)
    hu[0, :5] = INVALID_HU
    made = insert_noise(stack(hu), fraction=0.1, photons=None, electronic_noise=8.0, seed=0)
    assert np.array_equal(made.hu == INVALID_HU, hu == INVALID_HU)
    assert np.abs(made.hu[hu != INVALID_HU].astype(float) + 1000).max() < 200
