"""SSIM and PSNR against scikit-image; pixel metrics against their formulas in float64; the deep distance."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from ldct.errors import UnavailableError
from ldct.files import weights_folder
from ldct.metrics.base import measure, view
from ldct.metrics.hed_vgg16_distance import LAYERS, HEDVGG16Distance
from ldct.metrics.psnr import PSNR
from ldct.metrics.rmse import RMSE
from ldct.metrics.ssim import SSIM
from ldct.pretrained.catalogue import available
from ldct.pretrained.vgg import VARIANTS, VGGFeatures


def test_ssim_is_scikit_images(pair):
    reference, prediction = pair
    whole, local = structural_similarity(
        prediction.pixels.astype(np.float64),
        reference.pixels.astype(np.float64),
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    assert whole == pytest.approx(local[5:-5, 5:-5].mean())
    assert measure(SSIM(), reference, prediction) == pytest.approx(whole, rel=1e-5)


def test_psnr_is_scikit_images(pair):
    reference, prediction = pair
    x, y = prediction.pixels.astype(np.float64), reference.pixels.astype(np.float64)
    assert measure(PSNR(), reference, prediction) == pytest.approx(
        peak_signal_noise_ratio(y, x, data_range=1.0), rel=1e-6
    )


def test_rmse_counts_measured_pixels_only(ct):
    valid = np.ones(ct.shape, bool)
    valid[:40] = False
    prediction = ct + 5
    prediction[0, 0] = 1e6
    prediction[100, 100] += 100
    n = valid.sum()
    expected = np.sqrt(((n - 1) * 25 + 105**2) / n)
    assert measure(RMSE(), view(ct, valid), view(prediction, valid)) == pytest.approx(expected, rel=1e-6)


def test_deep_distance_without_weights_names_the_command(tmp_path):
    with pytest.raises(UnavailableError, match="ldct weights get vgg16_hed"):
        HEDVGG16Distance(weights_dir=tmp_path)


@pytest.fixture
def deep() -> HEDVGG16Distance:
    folder = weights_folder()
    if not available("vgg16_hed", folder):
        pytest.skip("needs the weights: ldct weights get vgg16_hed")
    return HEDVGG16Distance(weights_dir=folder)


def test_deep_distance_by_its_formula(deep, ct_pair):
    reference, prediction = ct_pair
    network = VGGFeatures(VARIANTS["vgg16_hed"], LAYERS).double()
    network.load_state_dict(deep.network.state_dict())
    with torch.inference_mode():
        maps = [network(torch.from_numpy(v.pixels.astype(np.float64))[None, None]) for v in (prediction, reference)]
    ratios = [((a - b) ** 2).sum().sqrt() / (b**2).sum().sqrt() for a, b in zip(*maps, strict=True)]
    assert measure(deep, reference, prediction) == pytest.approx(float(sum(ratios)) / 2, rel=1e-5)
    assert measure(deep, reference, reference) == 0
    swapped = measure(deep, prediction, reference)
    assert abs(swapped - measure(deep, reference, prediction)) > 1e-3


def test_deep_distance_grows_with_noise(deep, ct):
    from ldct.intensity import WINDOWS

    window = WINDOWS["soft_tissue"]
    noise = np.random.default_rng(0).standard_normal(ct.shape)
    reference = view(ct, window=window)
    values = [measure(deep, reference, view(ct + sd * noise, window=window)) for sd in (5, 10, 20, 40)]
    assert values == sorted(values)
    assert values[0] > 0
