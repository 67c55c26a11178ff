"""What a loss claims to optimise is confirmed by data: descend the loss, and the metric moves towards better.

Where torchvision's file of a backbone is absent, random numbers stand in its place, in loss and metric alike. That
confirms that both are the same quantity of the same network, and says nothing of what the trained features see.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
from tests.pretrained.conftest import place

PROJECT = Path(__file__).resolve().parents[2]
# Sides of five scales of MS-SSIM.
SIDE = 192
STEPS, RATE_HU = 40, 4.0


# Backbones that random numbers can stand in for.
RANDOM = ("alexnet", "vgg16")


def absent(name: str) -> list[str]:
    """Weight files of a term that are not on this machine."""
    return [weight for weight in TERMS[name].weights if not catalogue.available(weight, weights_folder())]


def claims() -> Iterator[Any]:
    """(term, metric) of every claim that can be tried here; the ids name what is random."""
    for name, term in TERMS.items():
        if set(absent(name)) <= set(RANDOM):
            stand_in = "".join(f"-random_{weight}" for weight in absent(name))
            yield from (pytest.param(name, metric, id=f"{name}-{metric}{stand_in}") for metric in term.optimises)


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """A folder with all weights that are here, and with random ones for the other backbones."""
    folder = tmp_path_factory.mktemp("weights")
    for path in weights_folder().glob("*"):
        (folder / path.name).symlink_to(path.resolve())
    for name in RANDOM:
        place(name, folder)
    return folder


@pytest.fixture(scope="module")
def images() -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """(noisy and biased, full dose) HU of the middle of a demo slice, and its spacing."""
    stack = read_series(PROJECT / "resources/demo/abdomen1", patient="p", dose="full")[0].stack
    hu = stack.hu_air[len(stack) // 2].astype(np.float64)
    top, left = (hu.shape[0] - SIDE) // 2, (hu.shape[1] - SIDE) // 2
    full = np.clip(hu[top : top + SIDE, left : left + SIDE], -1000, 1000)
    noisy = full + 12 + np.random.default_rng(0).normal(0, 40, full.shape)
    return noisy, full, stack.pixel_spacing_mm


def good(metric: str, full: np.ndarray, image: np.ndarray, spacing: tuple[float, float], weights: Path) -> float:
    """Goodness in the one window of the metric, or in the full one, which is that of the losses."""
    built = METRICS.load(metric)(weights_dir=weights)
    window = None if built.mapping == "hu" else WINDOWS[built.window or "full"]
    seen = (view(pixels, spacing_mm=spacing, window=window) for pixels in (full, image))
    return float(goodness(np.array(measure(built, *seen)), built.direction))


def descended(name: str, noisy: np.ndarray, full: np.ndarray, weights: Path) -> np.ndarray:
    """The noisy image after some steps of Adam down the loss, HU."""
    intensity = Intensity()
    torch.manual_seed(0)
    loss = build_term(name, {}, intensity, weights)
    target, image = (intensity.standardise(torch.from_numpy(x)).float()[None, None] for x in (full, noisy))
    image.requires_grad_()
    optimiser = torch.optim.Adam([image], lr=RATE_HU / intensity.sd)
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss(image, target).backward()
        optimiser.step()
    return intensity.to_hu(image.detach().double().numpy()[0, 0])


@pytest.mark.parametrize(("name", "metric"), claims())
def test_a_loss_improves_the_metrics_that_it_claims(images, weights, name, metric):
    noisy, full, spacing = images
    after = good(metric, full, descended(name, noisy, full, weights), spacing, weights)
    before, half = (good(metric, full, image, spacing, weights) for image in (noisy, 0.5 * (noisy + full)))
    assert after > before + 0.2 * abs(before - half), (before, after)


def test_a_loss_that_claims_nothing_can_make_a_metric_worse(images, weights):
    """Control: the confirmation is no matter of course."""
    noisy, full, spacing = images
    smooth = descended("tv", noisy, full, weights)
    assert TERMS["tv"].optimises == ()
    before, after = (good("nps_log_distance", full, image, spacing, weights) for image in (noisy, smooth))
    assert after < before


def test_random_features_do_not_improve_whatever_the_target(images, weights):
    """Control: descended towards another slice, the same loss makes its metric worse."""
    noisy, full, spacing = images
    away = descended("lpips", noisy, full[::-1].copy(), weights)
    before, after = (good("lpips_alex", full, image, spacing, weights) for image in (noisy, away))
    assert after < before
