"""Feature extractors against torchvision, lpips and piq with the same numbers in both."""

from __future__ import annotations

import lpips
import numpy as np
import piq
import pytest
import torch
import torchvision
from safetensors.torch import load_file, save_file

from ldct.errors import ConfigError, UnavailableError
from ldct.pretrained import dists, features
from ldct.pretrained.catalogue import WEIGHTS
from ldct.pretrained.convert import VGG16_INDEX
from ldct.pretrained.fetch import fetch
from ldct.pretrained.lpips import LPIPS
from ldct.pretrained.resnet import LAYERS
from ldct.pretrained.vgg import VARIANTS, layer_names

from .conftest import genuine, grey, place, trunk

IMAGENET = (torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1))


@pytest.mark.parametrize(("name", "layer", "index"), [("vgg16", "relu3_3", 15), ("vgg19", "conv5_4", 34)])
def test_vgg_is_torchvisions(random_dir, name, layer, index):
    network = place(name, random_dir)
    image = grey()
    rgb = (image.expand(-1, 3, -1, -1) - IMAGENET[0]) / IMAGENET[1]
    first, last = features.load(name, random_dir, ["conv1_2", layer])(image)
    torch.testing.assert_close(first, network[:3](rgb), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(last, network[: index + 1](rgb), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["vgg16", "vgg19"])
def test_layer_names_stand_for_torchvisions_modules(name):
    names = layer_names(VARIANTS[name].depths)
    kinds = {"conv": torch.nn.Conv2d, "relu": torch.nn.ReLU, "pool": torch.nn.MaxPool2d}
    for ours, module in zip(names, trunk(name), strict=True):
        assert isinstance(module, kinds[ours[:4]])


def test_hed_vgg16_is_the_kernels_of_its_package():
    """The trunk by hand: reversed channels, Caffe's means, float64 correlation with kernels in Keras's order."""
    folder = genuine("vgg16_hed")
    image = grey((1, 1, 12, 13))
    ours = features.load("vgg16_hed", folder, ["relu1_1"])(image)[0][0].numpy()
    tensors = load_file(folder / "vgg16_hed.safetensors")
    kernel = tensors["features.0.weight"].double().numpy().transpose(2, 3, 1, 0)
    bgr = 255 * image[0].double().numpy().transpose(1, 2, 0) - np.array([104.00699, 116.66877, 122.67892])
    padded = np.pad(bgr, ((1, 1), (1, 1), (0, 0)))
    theirs = np.zeros((12, 13, 64))
    for row in range(12):
        for column in range(13):
            theirs[row, column] = np.tensordot(padded[row : row + 3, column : column + 3], kernel, 3)
    theirs = np.maximum(theirs + tensors["features.0.bias"].double().numpy(), 0)
    np.testing.assert_allclose(ours, theirs.transpose(2, 0, 1), rtol=1e-3, atol=1e-2)
    assert len(tensors) == 2 * sum(map(len, VGG16_INDEX))


def test_efficientnet_is_that_of_its_package():
    """Mean and SD of every layer, as efficientnet_lite_pytorch 0.1.0 gives them for this image."""
    expected = {
        "stem": (1.948864, 1.570336),
        "stage1": (-0.466261, 4.716525),
        "stage2": (-0.145071, 8.886832),
        "stage3": (1.562439, 7.920818),
        "stage4": (0.333703, 8.649882),
        "stage5": (-0.065206, 5.661425),
        "stage6": (0.121434, 8.234619),
    }
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(96.0), indexing="ij")
    disc = (rows - 30) ** 2 + (columns - 40) ** 2 < 200
    image = (0.5 + 0.3 * torch.sin(rows / 5) * torch.cos(columns / 7) + 0.2 * disc)[None, None]
    network = features.load("efficientnet_lite0", genuine("efficientnet_lite0"), list(expected)).train()
    for name, found in zip(expected, network(image), strict=True):
        assert (found.mean().item(), found.std().item()) == pytest.approx(expected[name], abs=1e-4), name
    with pytest.raises(ConfigError, match="'stage9'; the nearest is"):
        features.load("efficientnet_lite0", genuine("efficientnet_lite0"), ["stage9"])


def test_hed_vgg16_is_not_random():
    """Trained filters respond to edges: a step moves its features more than noise of the same energy does."""
    extractor = features.load("vgg16_hed", genuine("vgg16_hed"), ["relu4_3"])
    flat = torch.full((1, 1, 64, 64), 0.5)
    step = flat.clone()
    step[..., 32:] += 0.1
    noise = flat + (step - flat).square().mean().sqrt() * torch.randn(
        flat.shape, generator=torch.Generator().manual_seed(0)
    )
    with torch.no_grad():
        base, *changed = (extractor(image)[0][..., 2:-2, 2:-2] for image in (flat, step, noise))
    by_step, by_noise = ((x - base).square().mean().item() for x in changed)
    assert by_step > 2 * by_noise


def test_bfloat16_features_stay_close():
    folder = genuine("vgg16_hed")
    full = features.load("vgg16_hed", folder, ["relu2_2"])
    half = features.load("vgg16_hed", folder, ["relu2_2"]).use_bfloat16()
    target = grey((4, 1, 48, 48))
    # 40 and 4 HU in the full window: rounding adds a little to a small distance, and hardly turns its gradient.
    for noise, bias, alignment in ((0.02, 0.01, 0.998), (0.002, 0.05, 0.99)):
        image = target + noise * torch.randn(target.shape, generator=torch.Generator().manual_seed(1))
        gradients, values = [], []
        for network in (full, half):
            leaf = image.clone().requires_grad_()
            loss = (network(leaf)[0].float() - network(target)[0].float()).square().mean()
            gradients.append(torch.autograd.grad(loss, leaf)[0].flatten())
            values.append(loss.item())
        assert values[1] == pytest.approx(values[0], rel=bias)
        assert float(torch.nn.functional.cosine_similarity(*gradients, dim=0)) > alignment


@pytest.fixture(scope="module")
def resnet() -> torchvision.models.ResNet:
    """torchvision's ResNet50 with random numbers, in evaluation mode."""
    torch.manual_seed(0)
    network = torchvision.models.resnet50(weights=None).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.0)
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
    return network


def layers_of(network: torchvision.models.ResNet, rgb: torch.Tensor) -> list[torch.Tensor]:
    with torch.no_grad():
        x = network.maxpool(network.relu(network.bn1(network.conv1(rgb))))
        return [x := getattr(network, name)(x) for name in LAYERS]


@pytest.mark.parametrize("normalised", [True, False])
def test_resnet50_is_torchvisions(tmp_path, resnet, normalised):
    torch.save(resnet.state_dict(), tmp_path / WEIGHTS["resnet50"].filename)
    rgb = grey().expand(-1, 3, -1, -1)
    theirs = layers_of(resnet, (rgb - IMAGENET[0]) / IMAGENET[1] if normalised else rgb)
    ours = features.load("resnet50", tmp_path, LAYERS, normalised=normalised).train()(grey())
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    second = features.load("resnet50", tmp_path, ["layer2"], normalised=normalised)
    assert not hasattr(second, "layer3")
    torch.testing.assert_close(second(grey()), theirs[1:2], rtol=1e-4, atol=1e-4)
    with pytest.raises(ConfigError, match="'layer5'; the nearest is"):
        features.load("resnet50", tmp_path, ["layer5"])


@pytest.mark.parametrize("prefix", ["backbone.", "module.backbone."])
def test_radimagenet_is_its_authors_module(tmp_path, resnet, prefix):
    """Their Backbone: nn.Sequential of the first nine children of torchvision's ResNet50, on (v - 127.5) * 2 / 255."""
    backbone = torch.nn.Sequential(*list(resnet.children())[:9])
    torch.save({f"{prefix}{key}": value for key, value in backbone.state_dict().items()}, tmp_path / "ResNet50.pt")
    fetch("radimagenet_resnet50", tmp_path / "kept", tmp_path / "ResNet50.pt")
    ours = features.load("radimagenet_resnet50", tmp_path / "kept", ["layer4"])(grey())[0]
    with torch.no_grad():
        theirs = backbone((255 * grey().expand(-1, 3, -1, -1) - 127.5) * 2 / 255)
    torch.testing.assert_close(ours.mean((2, 3), keepdim=True), theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("backbone", "name"), [("alex", "alexnet"), ("vgg", "vgg16"), ("squeeze", "squeezenet1_1")])
def test_lpips_is_that_of_its_package(random_dir, backbone, name):
    network = place(name, random_dir)
    theirs = lpips.LPIPS(net=backbone, pnet_rand=True, verbose=False)
    for part in theirs.net.children():
        if isinstance(part, torch.nn.Sequential):
            part.load_state_dict({k: v for k, v in network.state_dict().items() if k in part.state_dict()})
    x, y = grey(seed=1), grey(seed=2)
    ours = LPIPS(backbone, random_dir).train()
    expected = theirs(x.expand(-1, 3, -1, -1), y.expand(-1, 3, -1, -1), normalize=True).flatten()
    torch.testing.assert_close(ours(x, y), expected, rtol=1e-5, atol=1e-6)
    assert float(ours(x, x).abs().max()) == 0.0


def test_lpips_has_finite_gradients_where_features_are_dead(random_dir):
    network = place("alexnet", random_dir)
    assert network is not None
    ours = LPIPS("alex", random_dir)
    torch.nn.init.constant_(ours.network.net.slice1[0].bias, -1e3)
    leaf = torch.zeros(1, 1, 40, 40, requires_grad=True)
    ours(leaf, torch.ones(1, 1, 40, 40)).sum().backward()
    assert torch.isfinite(leaf.grad).all()


def test_dists_is_that_of_piq(random_dir, monkeypatch):
    network = place("vgg16", random_dir)
    generator = torch.Generator().manual_seed(3)
    weights = {key: torch.rand(1, 1475, 1, 1, generator=generator) for key in ("alpha", "beta")}
    save_file(weights, random_dir / "dists.safetensors")
    total = weights["alpha"].sum() + weights["beta"].sum()
    x, y = grey((2, 1, 64, 48), seed=1), grey((2, 1, 64, 48), seed=2)
    ours = dists.DISTS(random_dir)(x, y)
    # piq downloads both at construction; it is handed the same numbers instead, normalised as its own file is.
    monkeypatch.setattr(
        torch.hub, "load_state_dict_from_url", lambda *a, **k: {n: w / total for n, w in weights.items()}
    )
    monkeypatch.setattr("piq.perceptual.vgg16", lambda **k: _Holder(network))
    theirs = piq.DISTS(reduction="none")(x.expand(-1, 3, -1, -1), y.expand(-1, 3, -1, -1))
    torch.testing.assert_close(ours, theirs.flatten(), rtol=1e-4, atol=1e-5)


class _Holder:
    """What torchvision's vgg16() returns, as far as piq looks at it."""

    def __init__(self, network):
        self.features = network


def test_genuine_dists_weights_are_the_published_ones():
    tensors = load_file(genuine("dists") / "dists.safetensors")
    assert {name: tuple(tensor.shape) for name, tensor in tensors.items()} == dict.fromkeys(
        ("alpha", "beta"), (1, 1475, 1, 1)
    )
    assert all(float(tensor.min()) >= 0 for tensor in tensors.values())


def test_unknown_names_are_explained(random_dir):
    place("vgg16", random_dir)
    with pytest.raises(ConfigError, match="vgg16_hed"):
        features.load("resnet18", random_dir, ["relu1_1"])
    with pytest.raises(ConfigError, match="'relu3_4'; the nearest is 'relu3_3'"):
        features.load("vgg16", random_dir, ["relu3_4"])
    with pytest.raises(ConfigError, match="at least one"):
        features.load("vgg16", random_dir, [])
    with pytest.raises(ConfigError, match="at least 8 pixels"):
        features.load("vgg16", random_dir, ["relu4_1"])(torch.zeros(1, 1, 7, 9))


def test_another_networks_file_is_refused(random_dir, tmp_path):
    place("alexnet", random_dir)
    (tmp_path / WEIGHTS["vgg16"].filename).write_bytes((random_dir / WEIGHTS["alexnet"].filename).read_bytes())
    with pytest.raises(UnavailableError, match=r"does not fit.*ldct weights get vgg16"):
        features.load("vgg16", tmp_path, ["relu1_2"])
    with pytest.raises(UnavailableError, match="ldct weights get vgg19"):
        features.load("vgg19", tmp_path, ["relu1_2"])
