"""Full-reference metrics against piq in float64, on real CT, a phantom of odd sides, and random images."""

from __future__ import annotations

import warnings

import numpy as np
import piq
import pytest
import torch
from scipy.ndimage import gaussian_filter

from ldct.intensity import WINDOWS
from ldct.metrics.base import View, measure, prepare, score, view
from ldct.metrics.declared import METRICS

PIQ = {
    "psnr": piq.psnr,
    "ssim": lambda x, y: piq.ssim(x, y, downsample=False),
    "ms_ssim": piq.multi_scale_ssim,
    "fsim": lambda x, y: piq.fsim(x, y, chromatic=False),
    "vifp": piq.vif_p,
    "gmsd": piq.gmsd,
    "haarpsi": piq.haarpsi,
    "haarpsi_med": lambda x, y: piq.haarpsi(x, y, c=5.0, alpha=4.9),
    "ms_gmsd": piq.multi_scale_gmsd,
    "mdsi": piq.mdsi,
    "srsim": piq.srsim,
    "vsi": piq.vsi,
    "dss": piq.dss,
    "iw_ssim": piq.information_weighted_ssim,
}


def metric(name: str):
    return METRICS.load(name)()


def by_piq(name: str, prediction: View, reference: View) -> float:
    x, y = (torch.from_numpy(image.pixels.astype(np.float64))[None, None] for image in (prediction, reference))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(PIQ[name](x, y))


@pytest.mark.parametrize("name", PIQ)
def test_value(name, pair):
    reference, prediction = pair
    # piq adds 1e-8 to the mean squared error.
    tolerance = 1e-4 if name == "psnr" else 1e-5
    assert measure(metric(name), reference, prediction) == pytest.approx(
        by_piq(name, prediction, reference), rel=tolerance
    )


@pytest.mark.parametrize("name", PIQ)
def test_prepared_state_serves_many_predictions(name, ct_pair):
    reference, prediction = ct_pair
    other = View(prediction.pixels[::-1].copy(), prediction.valid)
    tested = metric(name)
    state = prepare(tested, reference)
    kept = [score(tested, state, image) for image in (prediction, other, prediction)]
    fresh = [measure(metric(name), reference, image) for image in (prediction, other, prediction)]
    assert kept == fresh


def test_vif_is_asymmetric_and_takes_the_reference_second(ct):
    reference, prediction = (view(hu, window=WINDOWS["soft_tissue"]) for hu in (ct, gaussian_filter(ct, 1.5)))
    right = measure(metric("vifp"), reference, prediction)
    swapped = measure(metric("vifp"), prediction, reference)
    assert right == pytest.approx(by_piq("vifp", prediction, reference), rel=1e-5)
    assert swapped == pytest.approx(by_piq("vifp", reference, prediction), rel=1e-5)
    assert abs(right - swapped) > 0.03


def test_ssim_differs_from_piqs_default_by_its_downsampling():
    rng = np.random.default_rng(0)
    rows = np.linspace(0, 1, 512, dtype=np.float32)
    y = rows[:, None] * rows
    x = np.clip(y + np.float32(0.1) * rng.standard_normal(y.shape, np.float32), 0, 1)
    valid = np.ones(y.shape, bool)
    tensors = [torch.from_numpy(v.astype(np.float64))[None, None] for v in (x, y)]
    ours = measure(metric("ssim"), View(y, valid), View(x, valid))
    assert ours == pytest.approx(float(piq.ssim(*tensors, downsample=False)), rel=1e-5)
    assert abs(ours - float(piq.ssim(*tensors))) > 0.05
