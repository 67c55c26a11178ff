"""Losses on pretrained networks: genuine HED weights, and files of random numbers where torchvision's are needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torchvision.models import vgg

from ldct.errors import ConfigError, UnavailableError
from ldct.files import weights_folder
from ldct.intensity import Intensity
from ldct.losses.composite import WeightedSum, build_term
from ldct.losses.declared import TERMS
from ldct.pretrained import features
from ldct.pretrained.catalogue import WEIGHTS
from ldct.pretrained.fetch import fetch

from .conftest import images, pair

NAMES = sorted(name for name, term in TERMS.items() if term.weights)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Genuine HED and DISTS files; random numbers in torchvision's layout for the rest."""
    path = tmp_path_factory.mktemp("weights")
    genuine = weights_folder()
    try:
        for name in ("vgg16_hed", "efficientnet_lite0", "dists"):
            (path / WEIGHTS[name].filename).symlink_to(fetch(name, genuine))
    except UnavailableError as error:
        pytest.skip(str(error))
    torch.manual_seed(0)
    trunks = {
        "vgg16": vgg.make_layers(vgg.cfgs["D"]),
        "vgg19": vgg.make_layers(vgg.cfgs["E"]),
        "alexnet": torchvision.models.alexnet(weights=None).features,
    }
    for name, trunk in trunks.items():
        for module in trunk:
            if isinstance(module, torch.nn.Conv2d):
                torch.nn.init.kaiming_normal_(module.weight)
        torch.save({f"features.{k}": v for k, v in trunk.state_dict().items()}, path / WEIGHTS[name].filename)
    resnet = torchvision.models.resnet50(weights=None)
    torch.save(resnet.state_dict(), path / WEIGHTS["resnet50"].filename)
    trunk = {key: value for key, value in resnet.state_dict().items() if not key.startswith("fc.")}
    save_file(trunk, path / WEIGHTS["radimagenet_resnet50"].filename)
    return path


def build(name: str, folder: Path, **options) -> torch.nn.Module:
    if name.startswith(("vgg", "resnet", "radimagenet", "efficient", "semantic")):
        options = {"precision": "float32", **options}
    return build_term(name, options, Intensity(), folder)


@pytest.mark.parametrize("name", NAMES)
def test_a_distance_with_gradients_for_the_prediction_alone(folder, name):
    low, full = (image.requires_grad_() for image in pair((2, 40, 48), dtype=torch.float32))
    loss = build(name, folder).train()
    with torch.no_grad():
        assert float(loss(full, full)) == pytest.approx(0.0, abs=1e-5)
    result = loss(low, full)
    result.backward()
    assert result.shape == ()
    assert float(result.detach()) > 1e-4
    assert full.grad is None
    assert torch.isfinite(low.grad).all()
    assert float(low.grad.abs().sum()) > 0
    assert all(not parameter.requires_grad for parameter in loss.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_flat_images_have_finite_gradients(folder, name):
    for level in (-1024.0, 3071.0):
        flat = torch.full((1, 1, 32, 32), (level + 542.546) / 502.185)
        for target in (flat, flat + 0.5):
            prediction = flat.clone().requires_grad_()
            build(name, folder)(prediction, target).backward()
            assert torch.isfinite(prediction.grad).all()


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_input(folder, name):
    low, full = (image.half() for image in pair((1, 40, 40)))
    loss = build(name, folder)
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        ours = loss(low, full)
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, loss(low.float(), full.float()))


@pytest.mark.parametrize("name", ["vgg16_hed", "vgg19"])
def test_gradient(folder, name):
    loss = build(name, folder, layers=["relu1_2"]).double()
    low, full = pair((1, 6, 5), noise=80.0)
    assert torch.autograd.gradcheck(lambda x: loss(x, full), low.requires_grad_(), eps=1e-6, atol=1e-4, rtol=1e-3)


def test_value_by_its_features(folder):
    low, full = (torch.from_numpy(hu)[:, None].float() for hu in images((3, 32, 32)))
    extractor = features.load("vgg16_hed", folder, ["relu1_2", "relu2_2"])
    with torch.no_grad():
        ours, theirs = (extractor((hu + 160) / 400) for hu in (low, full))
    distances = [(a - b).double().numpy() for a, b in zip(ours, theirs, strict=True)]
    standard = [Intensity().standardise(hu) for hu in (low, full)]
    options = {"layers": ["relu1_2", "relu2_2"], "window": "soft_tissue"}
    squared = build("vgg16_hed", folder, **options)(*standard)
    assert float(squared) == pytest.approx(np.mean([(d**2).mean() for d in distances]), rel=1e-3)
    absolute = build("vgg16_hed", folder, distance="l1", images=2, **options)(*standard)
    assert float(absolute) == pytest.approx(np.mean([np.abs(d[:2]).mean() for d in distances]), rel=1e-3)


@pytest.mark.parametrize("name", ["vgg16_hed", "efficientnet_lite0"])
def test_grows_with_noise(folder, name):
    loss = build(name, folder)
    values = [float(loss(*pair(noise=noise, dtype=torch.float32))) for noise in (5.0, 20.0, 80.0)]
    assert values == sorted(values)


def test_subset_of_the_batch_keeps_the_expectation(folder):
    low, full = pair((6, 24, 24), dtype=torch.float32)
    some, everything = build("vgg16_hed", folder, images=2), build("vgg16_hed", folder)
    parts = [float(some(low[k : k + 2], full[k : k + 2])) for k in (0, 2, 4)]
    assert np.mean(parts) == pytest.approx(float(everything(low, full)), rel=1e-4)


def test_bfloat16_is_close(folder):
    low, full = pair((4, 48, 48), noise=30.0, dtype=torch.float32)
    gradients = []
    for precision in ("float32", "bfloat16"):
        leaf = low.clone().requires_grad_()
        result = build("vgg16_hed", folder, precision=precision)(leaf, full)
        assert result.dtype == torch.float32
        gradients.append(torch.autograd.grad(result, leaf)[0].flatten())
    assert float(torch.nn.functional.cosine_similarity(*gradients, dim=0)) > 0.995


def test_beside_a_pixelwise_term(folder):
    loss = WeightedSum([{"use": "mse"}, {"use": "vgg16_hed", "weight": 1e-3}], Intensity(), folder)
    total, values = loss(*pair((2, 32, 32), dtype=torch.float32))
    assert float(total) == pytest.approx(float(values["mse"] + 1e-3 * values["vgg16_hed"]), rel=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": "relu2_2"}, "list of layers"),
        ({"layers": ["relu2_3"]}, "nearest is"),
        ({"distance": "l3"}, "distance is 'l3'"),
        ({"precision": "half"}, "precision is 'half'"),
        ({"images": 0}, "images is 0"),
        ({"window": "liver"}, "window is 'liver'"),
    ],
)
def test_bad_options_are_named(folder, options, message):
    with pytest.raises(ConfigError, match=message):
        build("vgg16_hed", folder, **options)


@pytest.mark.parametrize("name", NAMES)
def test_absent_weights_name_the_command(tmp_path, name):
    with pytest.raises(UnavailableError, match="ldct weights get"):
        build(name, tmp_path)
