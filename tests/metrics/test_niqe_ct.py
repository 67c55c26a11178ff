"""NIQE refitted on CT: the model by numpy, and its answer to noise, blur and another patient."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from ldct.errors import InputError
from ldct.intensity import WINDOWS
from ldct.metrics.base import NoValue, measure, view
from ldct.metrics.fit_niqe_ct import fit_niqe_ct
from ldct.metrics.niqe_ct import FEATURES, NIQECT, PATCH, naturalness
from ldct.stages.fit_niqe_ct import FitNiqeCt
from ldct.tables import read_table
from ldct.tables.fitted import NATURALNESS
from ldct.tables.images import ImageStack, write_images

WINDOW = WINDOWS["soft_tissue"]


def slices(count: int, seed: int, noise: float = 12.0) -> np.ndarray:
    """Soft tissue with structure of several millimetres and noise, air around it; HU (count, 320, 320)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:320, :320] - 159.5
    body = np.hypot(x, y) < 150
    structure = np.stack([60 * gaussian_filter(rng.normal(0, 6, body.shape), 5) for _ in range(count)])
    grain = np.stack([gaussian_filter(rng.normal(0, noise, body.shape), 0.7) for _ in range(count)])
    return np.where(body, 40 + np.clip(structure, -60, 60) + grain, -1000).round().astype(np.int16)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("niqe")
    for name, seed in (("a", 0), ("b", 1)):
        hu = slices(4, seed)
        position = np.arange(4) * 3.0
        stack = ImageStack(
            patient=name, dose="full", hu=hu, position_mm=position, pixel_spacing_mm=(0.7, 0.7), slice_thickness_mm=3.0,
            origin_mm=np.stack([0 * position, 0 * position, position], axis=1),
        )  # fmt: skip
        write_images(folder / f"{name}.parquet", stack)
    spec = FitNiqeCt.Spec(train=("a", "b"), slices_per_patient=3, window=WINDOW)
    fit_niqe_ct(spec, {name: folder / f"{name}.parquet" for name in "ab"}, folder / "niqe_ct.parquet")
    return folder, spec


def test_model_is_mean_and_covariance_of_the_training_patches(model):
    folder, _ = model
    chosen = [hu[k] for hu in (slices(4, 0), slices(4, 1)) for k in (0, 2, 3)]
    features = np.concatenate([naturalness(view(hu, window=WINDOW).pixels) for hu in chosen])
    table = read_table(folder / "niqe_ct.parquet", NATURALNESS)
    assert table["mean"].to_pylist() == pytest.approx(features.mean(axis=0), rel=1e-12)
    assert np.array(table["covariance"].to_pylist()) == pytest.approx(np.cov(features.T), rel=1e-9, abs=1e-15)


def test_noise_and_blur_are_farther_than_another_patient(model):
    tested = NIQECT(model=model[0] / "niqe_ct.parquet")
    clean = slices(1, 9)[0].astype(np.float32)
    rng = np.random.default_rng(2)
    body = clean > -500
    noisy = [np.where(body, clean + rng.normal(0, sd, clean.shape), clean) for sd in (0, 10, 25)]
    blurred = [np.where(body, gaussian_filter(clean, sigma), clean) for sigma in (0.8, 1.6)]
    values = [measure(tested, view(hu, window=WINDOW), view(hu, window=WINDOW)) for hu in [*noisy, *blurred]]
    assert values[0] < values[1] < values[2] and values[0] < values[3] < values[4]


def test_only_tissue_counts(model):
    tested = NIQECT(model=model[0] / "niqe_ct.parquet")
    image = slices(1, 9)[0]
    shown = view(image, window=WINDOW)
    count = 0
    for down in range(5):
        for along in range(5):
            patch = shown.pixels[down * PATCH : (down + 1) * PATCH, along * PATCH : (along + 1) * PATCH]
            count += np.mean((patch > 0) & (patch < 1)) >= 0.6
    assert naturalness(shown.pixels).shape == (count, FEATURES) and 4 < count < 25
    with pytest.raises(NoValue, match="0 patches of tissue"):
        air = view(np.full((320, 320), -1000), window=WINDOW)
        measure(tested, air, air)


def test_too_few_patches_for_a_model_are_refused(model, tmp_path):
    folder, spec = model
    with pytest.raises(InputError, match=r"more than 36"):
        few = spec.model_copy(update={"train": ("a",), "slices_per_patient": 1})
        fit_niqe_ct(few, {"a": folder / "a.parquet"}, tmp_path / "x.parquet")
