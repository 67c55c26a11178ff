"""What a loss claims to optimise is confirmed by data: descend the loss, and the metric moves towards better."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ldct.dicom.series import read_series
from ldct.files import weights_folder
from ldct.intensity import WINDOWS, Intensity
from ldct.losses.composite import build_term
from ldct.losses.declared import TERMS
from ldct.metrics.base import measure, view
from ldct.metrics.declared import METRICS
from ldct.orientation import goodness
from ldct.pretrained import catalogue

PROJECT = Path(__file__).resolve().parents[2]
# Sides of five scales of MS-SSIM.
SIDE = 192
STEPS, RATE_HU = 40, 4.0


def here(name: str) -> bool:
    return all(catalogue.available(weight, weights_folder()) for weight in TERMS[name].weights)


CLAIMS = [(name, metric) for name, term in TERMS.items() for metric in term.optimises if here(name)]


@pytest.fixture(scope="module")
def images() -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """(noisy and biased, full dose) HU of the middle of a demo slice, and its spacing."""
    stack = read_series(PROJECT / "resources/demo/abdomen1", patient="p", dose="full")[0].stack
    hu = stack.hu_air[len(stack) // 2].astype(np.float64)
    top, left = (hu.shape[0] - SIDE) // 2, (hu.shape[1] - SIDE) // 2
    full = np.clip(hu[top : top + SIDE, left : left + SIDE], -1000, 1000)
    noisy = full + 12 + np.random.default_rng(0).normal(0, 40, full.shape)
    return noisy, full, stack.pixel_spacing_mm


def good(metric: str, full: np.ndarray, image: np.ndarray, spacing: tuple[float, float]) -> float:
    """Goodness in the one window of the metric, or in the full one, which is that of the losses."""
    built = METRICS.load(metric)(weights_dir=weights_folder())
    window = None if built.mapping == "hu" else WINDOWS[built.window or "full"]
    seen = (view(pixels, spacing_mm=spacing, window=window) for pixels in (full, image))
    return float(goodness(np.array(measure(built, *seen)), built.direction))


def descended(name: str, noisy: np.ndarray, full: np.ndarray) -> np.ndarray:
    """The noisy image after some steps of Adam down the loss, HU."""
    intensity = Intensity()
    torch.manual_seed(0)
    loss = build_term(name, {}, intensity, weights_folder())
    target, image = (intensity.standardise(torch.from_numpy(x)).float()[None, None] for x in (full, noisy))
    image.requires_grad_()
    optimiser = torch.optim.Adam([image], lr=RATE_HU / intensity.sd)
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss(image, target).backward()
        optimiser.step()
    return intensity.to_hu(image.detach().double().numpy()[0, 0])


@pytest.mark.parametrize(("name", "metric"), CLAIMS)
def test_a_loss_improves_the_metrics_that_it_claims(images, name, metric):
    noisy, full, spacing = images
    after = good(metric, full, descended(name, noisy, full), spacing)
    before = good(metric, full, noisy, spacing)
    assert after > before + 0.2 * abs(before - good(metric, full, 0.5 * (noisy + full), spacing)), (before, after)


def test_a_loss_that_claims_nothing_can_make_a_metric_worse(images):
    """Control: the confirmation is no matter of course."""
    noisy, full, spacing = images
    smooth = descended("tv", noisy, full)
    assert TERMS["tv"].optimises == ()
    assert good("nps_log_distance", full, smooth, spacing) < good("nps_log_distance", full, noisy, spacing)
