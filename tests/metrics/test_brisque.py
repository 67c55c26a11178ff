"""BRISQUE against the package brisque 0.2.0, whose values and features were recorded."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from scipy.optimize import brentq
from scipy.special import gamma

from ldct.intensity import WINDOWS
from ldct.metrics.base import View, measure, view
from ldct.metrics.brisque import BRISQUE, _fit, _half

# brisque.BRISQUE().score of the package (its own code, with OpenCV and libsvm; size-1 arrays made floats for NumPy 2)
# on the image as float64 in [0, 1], repeated to three channels.
RECORDED = {(200, 300, 1): 63.44375008286633, (512, 512, 2): 63.938827043390205}
RECORDED_CT = {"full": 26.451622457689353, "soft_tissue": 19.672129607803953}


def pattern(rows: int, columns: int, seed: int) -> View:
    y, x = np.mgrid[:rows, :columns]
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal((rows, columns))
    image = np.clip(0.5 + 0.3 * np.sin(x / 17) * np.cos(y / 23) + 0.05 * noise, 0, 1).astype(np.float32)
    return View(image, np.ones(image.shape, bool))


@pytest.mark.parametrize("shape", RECORDED)
def test_recorded_values_on_patterns(shape):
    image = pattern(*shape)
    assert measure(BRISQUE(), image, image) == pytest.approx(RECORDED[shape], rel=1e-6)


@pytest.mark.parametrize("window", RECORDED_CT)
def test_recorded_values_on_real_ct(window):
    data = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    hu = data.pixel_array * float(data.RescaleSlope) + float(data.RescaleIntercept)
    image = view(hu, window=WINDOWS[window])
    assert measure(BRISQUE(), image, image) == pytest.approx(RECORDED_CT[window], rel=1e-6)


def test_shape_solves_its_equation():
    values = np.random.default_rng(0).gamma(1.3, size=(60, 70)) - 0.8
    left, right = (np.sqrt(np.mean(values[part] ** 2)) for part in (values < 0, values >= 0))
    skew = left / right
    ratio = np.mean(np.abs(values)) ** 2 / np.mean(values**2) * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shape = brentq(lambda a: gamma(2 / a) ** 2 / (gamma(1 / a) * gamma(3 / a)) - ratio, 0.1, 30)
    assert _fit(values)[0] == pytest.approx(shape, rel=1e-5)


def test_half_size_keeps_a_ramp():
    ramp = np.arange(20.0)[:, None] * np.ones((1, 15))
    half = _half(ramp)
    assert half.shape == (10, 8)
    np.testing.assert_allclose(half[1:-1], (2 * np.arange(1, 9) + 0.5)[:, None] * np.ones(8))
