"""A convolutional autoencoder of CT patches; its encoder is a feature extractor that knows CT."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from ldct.errors import InputError
from ldct.pretrained.extractor import wanted

LAYERS = ("stage1", "stage2", "stage3")
CODE_CHANNELS = 8


def _stage(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=1),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.ReLU(),
    )


class CTEncoder(nn.Module):
    """Maps of `layers` of (N, 1, H, W) in [0, 1]: stage1 at the image's size, stage2 at half, stage3 at a quarter.

    `width` channels at stage1, doubling. Raises ConfigError for an unknown layer.
    """

    def __init__(self, width: int = 16, layers: Sequence[str] = LAYERS):
        super().__init__()
        self.layers = wanted("the CT encoder", layers, LAYERS)
        widths = [width * 2**k for k in range(len(LAYERS))]
        strides = [1, 2, 2]
        self.stages = nn.ModuleList(
            _stage(a, b, stride) for (a, b), stride in zip(pairwise([1, *widths]), strides, strict=True)
        )

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        found = {}
        x = image
        for name, stage in zip(LAYERS, self.stages, strict=True):
            x = stage(x)
            found[name] = x
        return [found[layer] for layer in self.layers]


class CTAutoencoder(nn.Module):
    """CTEncoder, a code of 8 channels at an eighth of the size, and a decoder; sides are multiples of 8.

    After SACNN's self-supervised perceptual network (Li et al., IEEE TMI 39(7):2289, 2020, 10.1109/TMI.2020.2968472),
    with a smaller network, and blocks and noise to restore (He et al., arXiv:2111.06377) so that it learns structure.
    """

    def __init__(self, width: int = 16):
        super().__init__()
        self.encoder = CTEncoder(width)
        deepest = 4 * width
        self.code = nn.Conv2d(deepest, CODE_CHANNELS, 3, 2, padding=1)
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(CODE_CHANNELS, deepest, 2, 2),
            nn.ReLU(),
            nn.ConvTranspose2d(deepest, 2 * width, 2, 2),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 2, 2),
            nn.ReLU(),
            nn.Conv2d(width, 1, 3, padding=1),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.decoder(self.code(self.encoder(image)[-1]))


def load_encoder(path: Path | str, layers: Sequence[str]) -> CTEncoder:
    """The frozen encoder of a file that `ldct.training.encoder` wrote; raises InputError where it is not one."""
    redo = "Delete the file and run the same command again; the workflow makes it anew."
    try:
        with safe_open(str(path), "pt") as file:
            width = int((file.metadata() or {})["width"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        network = CTEncoder(width, layers)
        network.load_state_dict(tensors)
    except (OSError, KeyError, ValueError, RuntimeError, SafetensorError) as error:
        raise InputError(path, f"no CT encoder ({error})", "the weights of one", redo) from None
    return network.requires_grad_(False).to(memory_format=torch.channels_last).eval()
