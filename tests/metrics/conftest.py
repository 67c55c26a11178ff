"""Image pairs: a real CT slice (the CT of pydicom's own test files, enlarged to 256 pixels), a phantom, noise."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from scipy.ndimage import gaussian_filter, zoom

from ldct.intensity import WINDOWS
from ldct.metrics.base import View, view


def real_ct() -> np.ndarray:
    """HU of a real chest slice, float32 (256, 256)."""
    data = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    hu = data.pixel_array * float(data.RescaleSlope) + float(data.RescaleIntercept)
    return zoom(hu.astype(np.float32), 2, order=3)


def phantom(rows: int, columns: int) -> np.ndarray:
    """HU of a body with an insert, a lung and bone, with noise of 15 HU; float32."""
    y, x = np.mgrid[:rows, :columns]
    y, x = y / rows - 0.5, x / columns - 0.5
    hu = np.full((rows, columns), -1000.0)
    hu[(x / 0.45) ** 2 + (y / 0.38) ** 2 < 1] = 40
    hu[(x + 0.2) ** 2 + (y / 1.3) ** 2 < 0.012] = -850
    hu[(x - 0.15) ** 2 + (y - 0.1) ** 2 < 0.006] = 90
    hu[x**2 + (y - 0.28) ** 2 < 0.002] = 700
    return (gaussian_filter(hu, 0.8) + np.random.default_rng(5).normal(0, 15, hu.shape)).astype(np.float32)


def degraded(hu: np.ndarray) -> np.ndarray:
    """Blurred, noisier and brighter by 3 HU, float32."""
    rng = np.random.default_rng(7)
    return (gaussian_filter(hu, 0.7) + rng.normal(0, 30, hu.shape) + 3).astype(np.float32)


HU = {"ct": real_ct(), "phantom": phantom(301, 227)}
PAIRS = [f"{image}-{window}" for image in HU for window in ("soft_tissue", "full")] + ["random-unit"]


@pytest.fixture(params=PAIRS)
def pair(request) -> tuple[View, View]:
    """(reference, prediction) in [0, 1]."""
    image, window = request.param.split("-")
    if image == "random":
        rng = np.random.default_rng(3)
        y, x = rng.random((2, 200, 233), dtype=np.float32)
        valid = np.ones(y.shape, bool)
        return View(y, valid), View(np.float32(0.7) * y + np.float32(0.3) * x, valid)
    return (
        view(HU[image], window=WINDOWS[window]),
        view(degraded(HU[image]), window=WINDOWS[window]),
    )


@pytest.fixture
def ct() -> np.ndarray:
    return HU["ct"]


@pytest.fixture
def ct_pair(ct) -> tuple[View, View]:
    """The real slice and its degradation in the soft-tissue window."""
    window = WINDOWS["soft_tissue"]
    return view(ct, window=window), view(degraded(ct), window=window)
