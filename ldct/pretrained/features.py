"""Pretrained feature extractors by the name of their weights, for losses and metrics alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from ldct.errors import ConfigError, UnavailableError
from ldct.pretrained.catalogue import path_of, weight_file
from ldct.pretrained.vgg import VARIANTS, VGGFeatures


def load(name: str, weights_dir: Path | None, layers: Sequence[str]) -> VGGFeatures:
    """The frozen extractor `name` ('vgg16_hed', 'vgg16', 'vgg19'), in evaluation mode, float32, on the CPU.

    It maps images (N, 1, H, W) in [0, 1] to a list of feature maps, one per layer ('conv1_1' to 'pool5'). Raises
    UnavailableError where the weight file is absent or does not fit, ConfigError for an unknown name or layer.
    """
    if name not in VARIANTS:
        raise ConfigError(f"no feature extractor '{name}'; there are: {', '.join(VARIANTS)}")
    network = VGGFeatures(VARIANTS[name], layers)
    path = path_of(name, weights_dir)
    wanted = network.state_dict()
    tensors = {key: value for key, value in _read(path).items() if key in wanted}
    try:
        network.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        raise UnavailableError(name, f"{path.name} does not fit the network", weight_file(name).how) from error
    return network.to(memory_format=torch.channels_last).eval()


def _read(path: Path) -> dict[str, torch.Tensor]:
    """Tensors of a safetensors file, or of a pickled state dict read without running code."""
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
