"""Networks against their papers: parameter counts, layers written out anew, sizes and precision."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch.nn import functional

from ldct.errors import ConfigError
from ldct.inference.tiling import denoise
from ldct.models.build import build_model, parameter_count
from ldct.models.declared import NETWORKS
from ldct.models.restormer import TransposedAttention

SMALL = {
    "redcnn": {"width": 4, "kernel": 3},
    "cnn10": {"width": 4},
    "unet": {"width": 2, "depth": 2},
    "resnet": {"width": 8, "blocks": 2},
    "restormer": {"width": 8, "blocks": (1, 1, 1, 1), "heads": (1, 2, 2, 4)},
}


def build(name: str, **options) -> torch.nn.Module:
    torch.manual_seed(5)
    return build_model(name, options)


def shaken(name: str, **options) -> torch.nn.Module:
    """Without a zero anywhere, so that every layer counts."""
    model = build(name, **options)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model


@pytest.mark.parametrize(
    ("name", "count"),
    [
        # Chen 2017: 96 filters of 5 x 5 in nine layers of ten; 1.85 million, as the field quotes it.
        ("redcnn", (25 * 96 + 96) + 8 * (25 * 96 * 96 + 96) + (25 * 96 + 1)),
        # Chen 2017b: 9 x 9 x 64, 3 x 3 x 32, 5 x 5 x 1.
        ("cnn10", (81 * 64 + 64) + (9 * 64 * 32 + 32) + (25 * 32 + 1)),
        # ldct-benchmark: 9 x 9 entry, ten blocks (3 x 3, norm, 3 x 3 in 8 groups, norm, 1 x 1), 3 x 3 exit.
        (
            "resnet",
            (81 * 128 + 128) + 10 * (9 * 128**2 + 128 + 9 * 128 * 16 + 128 + 128**2 + 128 + 4 * 128) + (9 * 128 + 1),
        ),
    ],
)
def test_parameter_counts_of_the_papers(name, count):
    assert parameter_count(build(name)) == count


def test_red_cnn_has_the_size_the_field_quotes():
    assert round(parameter_count(build("redcnn")) / 1e6, 2) == 1.85


def test_restormer_has_the_size_of_the_paper():
    model = build("restormer", width=48, blocks=(4, 6, 6, 8), refinement=4)
    # Of the paper's network for colour images: two more channels in and out of 3 x 3 convolutions.
    assert round((parameter_count(model) + 2 * 9 * 48 + 2 * 9 * 96) / 1e6, 2) == 26.13


def test_transposed_attention_by_its_formula():
    torch.manual_seed(0)
    layer = TransposedAttention(8, 2).double()
    x = torch.randn(2, 8, 5, 7, dtype=torch.float64)
    q, k, v = functional.conv2d(
        functional.conv2d(x, layer.project.weight), layer.local.weight, padding=1, groups=24
    ).chunk(3, 1)
    made = torch.zeros_like(x)
    for n, head in itertools.product(range(2), range(2)):
        own = slice(4 * head, 4 * head + 4)
        a, b, c = (part[n, own].reshape(4, 35) for part in (q, k, v))
        a, b = (part / part.norm(dim=1, keepdim=True) for part in (a, b))
        made[n, own] = (torch.softmax(a @ b.T, dim=1) @ c).reshape(4, 5, 7)
    torch.testing.assert_close(layer(x), functional.conv2d(made, layer.exit.weight), rtol=1e-5, atol=1e-6)


def test_tiles_of_a_network_with_attention_are_near_the_whole():
    model = shaken("restormer", **SMALL["restormer"]).eval()
    x = torch.randn(1, 1, 256, 200)
    with torch.no_grad():
        whole, tiled = model(x), denoise(model, x, 20_000_000)
    assert not torch.equal(whole, tiled)
    assert (tiled - whole).abs().mean() < 0.1 * (whole - x).abs().mean()


def test_red_cnn_layer_by_layer():
    model = shaken("redcnn", width=6, kernel=5).double()
    x = torch.randn(2, 1, 41, 38, dtype=torch.float64)
    e, d = ([(layer.weight, layer.bias) for layer in part] for part in (model.encoder, model.decoder))
    conv, deconv, relu = functional.conv2d, functional.conv_transpose2d, functional.relu
    c1 = relu(conv(x, *e[0]))
    c2 = relu(conv(c1, *e[1]))
    c3 = relu(conv(c2, *e[2]))
    c4 = relu(conv(c3, *e[3]))
    c5 = relu(conv(c4, *e[4]))
    t1 = relu(deconv(c5, *d[0]) + c4)
    t2 = relu(deconv(t1, *d[1]))
    t3 = relu(deconv(t2, *d[2]) + c2)
    t4 = relu(deconv(t3, *d[3]))
    expected = deconv(t4, *d[4]) + x
    torch.testing.assert_close(model(x), expected)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(32, 32), (31, 45), (46, 33)])
def test_any_size(name, shape):
    x = torch.randn(2, 1, *shape)
    assert shaken(name, **SMALL[name])(x).shape == x.shape


@pytest.mark.parametrize("name", NETWORKS)
def test_output_stays_float32_and_near_under_bfloat16(name):
    model = shaken(name, **SMALL[name]).eval()
    x = torch.randn(1, 1, 40, 40)
    with torch.no_grad():
        exact = model(x)
        with torch.autocast("cpu", torch.bfloat16):
            fast = model(x)
    assert fast.dtype == torch.float32
    change = (exact - x).abs().max()
    assert (fast - exact).abs().max() < 0.03 * change + 1e-6
    # More than the 256 values that eight bits of mantissa tell apart: the sum itself was not rounded.
    assert len(fast.unique()) > 0.9 * fast.numel()


@pytest.mark.parametrize("name", ["redcnn", "unet", "resnet", "cnn10", "restormer"])
def test_training_starts_at_the_identity(name):
    options = {**SMALL[name], **({"residual": True} if name == "cnn10" else {})}
    x = torch.randn(1, 1, 40, 40)
    torch.testing.assert_close(build(name, **options)(x), x)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_learns(name):
    model = shaken(name, **SMALL[name])
    x = torch.randn(2, 1, 36, 36)
    (model(x) ** 2).mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "restormer"])
def test_receptive_radius_is_enough(name):
    """The output at a pixel does not depend on anything farther away than the radius the network states."""
    model = shaken(name, **SMALL[name]).eval()
    side = 2 * (model.receptive_radius + model.multiple) + 1
    x = torch.randn(1, 1, side, side, requires_grad=True)
    centre = side // 2
    model(x)[0, 0, centre, centre].backward()
    reach = (x.grad[0, 0] != 0).nonzero() - centre
    assert reach.abs().max() <= model.receptive_radius
    if name != "unet":
        assert reach.abs().max() == model.receptive_radius


def test_wrong_options_are_named():
    with pytest.raises(ConfigError, match=r"model 'redcnn'.*widht"):
        build("redcnn", widht=3)
    with pytest.raises(ConfigError, match="kernel must be odd"):
        build("redcnn", kernel=4)
    with pytest.raises(ConfigError, match="nearest is 'redcnn'"):
        build("redcn")
