"""LPIPS (Zhang et al., CVPR 2018, arXiv:1801.03924) on checked backbones and the heads of the package lpips."""

from __future__ import annotations

import inspect
from pathlib import Path

import torch
from torch import nn

from ldct.errors import ConfigError
from ldct.pretrained.catalogue import path_of
from ldct.pretrained.features import read_tensors, unfit

# Backbone of lpips -> weight file, least side of an image.
BACKBONES = {"alex": ("alexnet", 31), "vgg": ("vgg16", 16), "squeeze": ("squeezenet1_1", 31)}
# Added to the squared norm, so that dead features have a slope; lpips adds 1e-10 to the norm, whose slope is infinite.
TINY = 1e-20


class LPIPS(nn.Module):
    """LPIPS 0.1 of grey images: forward(x, y) -> (N,); both (N, 1, H, W) in [0, 1].

    backbone: alex, vgg or squeeze. Equals the package's value to rounding, and has finite gradients where it has
    none. Always in evaluation mode. Raises UnavailableError where the backbone's file is absent, ConfigError for an
    unknown backbone or images that are too small.
    """

    def __init__(self, backbone: str, weights_dir: Path | None):
        super().__init__()
        if backbone not in BACKBONES:
            raise ConfigError(f"LPIPS has no backbone '{backbone}'; there are: {', '.join(BACKBONES)}")
        name, self.least = BACKBONES[backbone]
        path = path_of(name, weights_dir)
        import lpips

        heads = Path(inspect.getfile(lpips)).parent / "weights" / "v0.1" / f"{backbone}.pth"
        # The checker takes the module of this name beside this file for the package.
        network = lpips.LPIPS(net=backbone, pretrained=False, pnet_rand=True, verbose=False)  # pyright: ignore
        tensors = read_tensors(path)
        state = {}
        for key in network.net.state_dict():
            _, _, layer = key.partition(".")
            state[f"net.{key}"] = tensors.get(f"features.{layer}")
        state |= torch.load(heads, map_location="cpu", weights_only=True)
        state |= {key: value for key, value in network.state_dict().items() if key.startswith("scaling_layer.")}
        # The list of heads holds the same tensors again.
        state |= {f"lins.{key[3:]}": value for key, value in state.items() if key.startswith("lin")}
        try:
            network.load_state_dict({key: value for key, value in state.items() if value is not None}, strict=True)
        except RuntimeError as error:
            raise unfit(name, path) from error
        self.network = network.requires_grad_(False)
        self.train(False)

    def train(self, mode: bool = True) -> LPIPS:
        """Stays in evaluation mode: the heads have dropout."""
        return super().train(False)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return self.compare(self.features(x), self.features(y))

    def features(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Maps of the layers, of unit length over channels; image: (N, 1, H, W) in [0, 1]."""
        if min(image.shape[-2:]) < self.least:
            raise ConfigError(
                f"LPIPS needs images of at least {self.least} pixels a side, not {tuple(image.shape[-2:])}"
            )
        network = self.network
        return [_unit(maps) for maps in network.net(network.scaling_layer((2 * image - 1).expand(-1, 3, -1, -1)))]

    def compare(self, ours: list[torch.Tensor], theirs: list[torch.Tensor], dtype: torch.dtype | None = None):
        """LPIPS of two images' `features`, (N,); dtype: of the sums over places, None for that of the maps."""
        heads = zip(ours, theirs, self.network.lins, strict=True)
        return torch.stack([head((a - b) ** 2).mean((1, 2, 3), dtype=dtype) for a, b, head in heads]).sum(0)


def _unit(features: torch.Tensor) -> torch.Tensor:
    return features / (features.square().sum(1, keepdim=True) + TINY).sqrt()
