"""PIQE against pypiqe, a port of MATLAB's piqe."""

from __future__ import annotations

import numpy as np
import pytest
from pypiqe import piqe
from scipy.ndimage import gaussian_filter

from ldct.intensity import WINDOWS
from ldct.metrics.base import NoValue, measure, view
from ldct.metrics.piqe import PIQE

from .conftest import HU


def images() -> dict[str, np.ndarray]:
    """[0, 1] with a maximum of 1, where the two scale alike."""
    found = {}
    for name, hu in HU.items():
        clean = np.clip((hu + 160) / 400, 0, 1).astype(np.float32)
        noisy = np.clip(clean + 0.05 * np.random.default_rng(0).standard_normal(clean.shape), 0, 1)
        for kind, image in (("clean", clean), ("noisy", noisy), ("blurred", gaussian_filter(clean, 1.5))):
            found[f"{name} {kind}"] = (image / image.max()).astype(np.float32)
    return found


@pytest.mark.parametrize("name", images())
def test_value_is_pypiqes(name):
    pixels = images()[name]
    expected = piqe(pixels.astype(np.float64))[0]
    if expected == 100:
        with pytest.raises(NoValue, match="stands out"):
            measure(PIQE(), view(pixels), view(pixels))
        return
    assert measure(PIQE(), view(pixels), view(pixels)) == pytest.approx(expected, rel=1e-5)


def test_a_constant_image_has_no_value():
    flat = view(np.full((64, 64), 40.0), window=WINDOWS["soft_tissue"])
    with pytest.raises(NoValue, match="constant"):
        measure(PIQE(), flat, flat)
