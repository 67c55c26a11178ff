"""Winograd's convolutions against torch's in float64, and in a network."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ldct.convolution.winograd import KERNELS, convolve, transforms, use_winograd
from ldct.models.redcnn import REDCNN
from ldct.training.precision import Arithmetic

CPU = torch.device("cpu")


def close(ours: torch.Tensor, theirs: torch.Tensor, share: float = 2e-5) -> None:
    assert ours.shape == theirs.shape
    assert float((ours - theirs).detach().abs().max() / theirs.detach().abs().max()) < share


@pytest.mark.parametrize("kernel", KERNELS)
def test_transforms_correlate_any_data_with_any_kernel(kernel):
    generator = torch.Generator().manual_seed(kernel)
    g, d = (torch.randn(size, generator=generator, dtype=torch.float64) for size in (kernel, 8))
    output, filters, data = (torch.from_numpy(matrix).double() for matrix in transforms(kernel))
    expected = F.conv1d(d[None, None], g[None, None])[0, 0]
    torch.testing.assert_close(output @ ((filters @ g) * (data @ d)), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("size", [(8, 8), (9, 23), (41, 30), (5, 200)])
@pytest.mark.parametrize("padding", [0, 1, "full"])
def test_values_and_gradients_are_those_of_a_direct_convolution(kernel, size, padding):
    torch.manual_seed(0)
    padding = kernel - 1 if padding == "full" else padding
    image = torch.randn(2, 33, *size, requires_grad=True)
    weight = torch.randn(40, 33, kernel, kernel, requires_grad=True)
    ours = convolve(image, weight, padding)
    theirs = F.conv2d(image.double(), weight.double(), padding=padding)
    close(ours, theirs)
    given = torch.randn_like(ours)
    for a, b in zip(
        torch.autograd.grad(ours, (image, weight), given),
        torch.autograd.grad(theirs, (image, weight), given.double()),
        strict=True,
    ):
        close(a, b)


def test_more_tiles_than_are_held_at_once():
    torch.manual_seed(0)
    image, weight = torch.randn(1, 2, 150, 130), torch.randn(3, 2, 5, 5, requires_grad=True)
    ours, theirs = convolve(image, weight), F.conv2d(image.double(), weight.double())
    close(ours, theirs)
    of_ours, of_theirs = (torch.autograd.grad(y.square().sum(), weight)[0] for y in (ours, theirs))
    close(of_ours, of_theirs)


def test_layers_that_gain_are_changed_and_no_other():
    layers = nn.Sequential(
        nn.Conv2d(32, 32, 3, padding=1),
        nn.ConvTranspose2d(32, 32, 5, padding=2, bias=False),
        nn.Conv2d(32, 32, 5, stride=2),
        nn.Conv2d(32, 32, 3, dilation=2),
        nn.Conv2d(32, 32, 3, groups=2),
        nn.Conv2d(32, 32, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(32, 16, 3, padding="same"),
        nn.Conv2d(1, 32, 3),
        nn.Conv2d(32, 32, 1),
        nn.ConvTranspose2d(32, 32, 3, stride=2, output_padding=1),
    )
    plain = [type(layer) for layer in layers]
    image = torch.randn(1, 32, 20, 17)
    before = [layer(image).detach() for layer in layers[:2]]
    assert use_winograd(layers) == 2
    assert [type(layer) is kind for layer, kind in zip(layers, plain, strict=True)] == [False] * 2 + [True] * 8
    for layer, expected in zip(layers[:2], before, strict=True):
        close(layer(image), expected)
        # Other precisions go the ordinary way.
        close(layer.double()(image.double()), expected, 1e-6)


def test_a_network_gives_the_same_and_the_same_bytes_again():
    torch.manual_seed(0)
    network = REDCNN(width=32)
    nn.init.normal_(network.decoder[-1].weight, std=0.02)
    image = torch.randn(2, 1, 45, 52)
    expected = network(image)
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert Arithmetic(CPU, torch.float32).move(network) is network
    assert use_winograd(network) == 8
    close(network(image) - image, expected - image, 1e-4)
    gradients = []
    for _ in range(2):
        network.zero_grad()
        network(image).square().mean().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in network.parameters()]))
    assert torch.equal(*gradients)
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())


def test_bfloat16_networks_stay_as_they_are():
    assert use_winograd(nn.Sequential()) == 0
    network = Arithmetic(CPU, torch.bfloat16).move(REDCNN(width=32))
    assert {type(layer) for layer in network.encoder} == {nn.Conv2d}
