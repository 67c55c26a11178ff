"""The content map and the feature distance it weighs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from ldct.errors import ConfigError
from ldct.intensity import Intensity
from ldct.losses.composite import build_term
from ldct.losses.content import HALF_GRADIENT, TISSUES, content_map
from ldct.pretrained import features

from .conftest import images, pair
from .test_perceptual import folder  # noqa: F401

EQUAL = dict.fromkeys(TISSUES, 1.0)
DEFAULT = {name: weight for name, (_, weight) in TISSUES.items()}


def by_scipy(hu: np.ndarray, tissues: dict[str, float], structure: float) -> np.ndarray:
    """The content map of one image, written with scipy."""
    smooth = ndimage.gaussian_filter(hu, 1.5, mode="nearest", radius=4)
    classes = np.digitize(smooth, [high for high, _ in TISSUES.values()][:-1])
    weight = np.array(list(tissues.values()))[classes]
    down, across = (ndimage.correlate1d(smooth, [-0.5, 0, 0.5], axis, mode="nearest") for axis in (0, 1))
    gradient = np.hypot(down, across)
    weight = weight * (1 + structure * gradient / (gradient + HALF_GRADIENT))
    return weight / weight.mean()


def test_the_map_is_that_of_scipy():
    hu = images((2, 40, 33), noise=10.0)[0]
    found = content_map(torch.from_numpy(hu)[:, None], DEFAULT, 2.0)
    for ours, image in zip(found[:, 0].numpy(), hu, strict=True):
        np.testing.assert_allclose(ours, by_scipy(image, DEFAULT, 2.0), rtol=1e-9)


def test_edges_and_organs_weigh_more_than_air_and_flat_tissue():
    hu = torch.full((1, 1, 64, 64), -1000.0, dtype=torch.float64)
    hu[..., 16:48, 16:48] = 40.0
    weight = content_map(hu, DEFAULT, 2.0)[0, 0]
    assert weight[4, 4] == 0
    assert weight[32, 47] > 1.2 * weight[32, 32] > 0
    assert torch.equal(content_map(torch.full_like(hu, -1000.0), DEFAULT, 2.0), torch.ones_like(hu))


def term(folder, use="semantic_hed", **options):  # noqa: F811
    return build_term(use, {"precision": "float32", **options}, Intensity(), folder)


@pytest.mark.parametrize("distance", ["l2", "l1"])
def test_equal_weights_leave_the_perceptual_loss(folder, distance):  # noqa: F811
    low, full = pair((2, 40, 48), dtype=torch.float32)
    plain = build_term("vgg16_hed", {"precision": "float32", "distance": distance}, Intensity(), folder)
    flat = term(folder, distance=distance, tissues=EQUAL, structure=0)
    assert float(flat(low, full)) == pytest.approx(float(plain(low, full)), rel=1e-5)
    assert float(term(folder, distance=distance)(low, full)) != pytest.approx(float(plain(low, full)), rel=1e-2)


def test_value_by_features_and_map(folder):  # noqa: F811
    # Off the limits of the classes, so that single and double precision agree on each pixel's class.
    low, full = (torch.from_numpy(hu + 7.0)[:, None].float() for hu in images((2, 32, 32)))
    extractor = features.load("vgg16_hed", folder, ["relu1_2", "relu2_2"])
    with torch.no_grad():
        ours, theirs = (extractor((hu + 1024) / 2048) for hu in (low, full))
    expected = []
    for a, b in zip(ours, theirs, strict=True):
        step = 32 // a.shape[-1]
        maps = np.stack([by_scipy(hu.double().numpy(), DEFAULT, 2.0) for hu in full[:, 0]])
        maps = maps.reshape(2, 32 // step, step, 32 // step, step).mean((2, 4))
        expected.append((maps[:, None] * (a - b).double().numpy() ** 2).mean())
    standard = [Intensity().standardise(hu) for hu in (low, full)]
    found = float(term(folder, layers=["relu1_2", "relu2_2"])(*standard))
    assert found == pytest.approx(np.mean(expected), rel=1e-3)


def test_errors_in_air_cost_less_than_in_tissue(folder):  # noqa: F811
    """The same error, once around the body and once in it."""
    full = torch.full((1, 1, 64, 64), -1000.0)
    full[..., :, 32:] = 40.0
    noise = 60 * torch.randn(1, 1, 64, 24, generator=torch.Generator().manual_seed(0))
    in_air, in_tissue = full.clone(), full.clone()
    in_air[..., :24] += noise
    in_tissue[..., 40:] += noise
    loss = term(folder, structure=0)
    target = Intensity().standardise(full)
    air, tissue = (float(loss(Intensity().standardise(hu), target)) for hu in (in_air, in_tissue))
    assert air < 0.2 * tissue


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tissues": {"liver": 2.0}}, "tissues has liver; expected of air, lung"),
        ({"tissues": {"lung": -1.0}}, "tissues.lung is -1.0"),
        ({"structure": -1}, "structure is -1"),
    ],
)
def test_bad_options_are_named(folder, options, message):  # noqa: F811
    with pytest.raises(ConfigError, match=message):
        term(folder, **options)
