"""Pretrained feature extractors by the name of their weights, for losses and metrics alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import nn

from ldct.errors import ConfigError, UnavailableError
from ldct.pretrained.catalogue import path_of, weight_file
from ldct.pretrained.efficientnet import EfficientNetLite0
from ldct.pretrained.resnet import INPUTS, Input, ResNet50
from ldct.pretrained.vgg import MAX_POOL, VARIANTS, VGGFeatures

EXTRACTORS = (*VARIANTS, *INPUTS, "efficientnet_lite0")
Extractor = VGGFeatures | ResNet50 | EfficientNetLite0


def load(
    name: str,
    weights_dir: Path | None,
    layers: Sequence[str],
    pool: Callable[[], nn.Module] = MAX_POOL,
    normalised: bool = True,
) -> Extractor:
    """The frozen extractor `name` of EXTRACTORS, in evaluation mode, float32, on the CPU.

    It maps images (N, 1, H, W) in [0, 1] to a list of feature maps, one per layer: 'conv1_1' to 'pool5' of a VGG,
    'layer1' to 'layer4' of a ResNet50, 'stem' to 'stage6' of EfficientNet-Lite0. pool: makes each pooling of a VGG.
    normalised: whether a ResNet50 gets its images normalised as in its training. Raises UnavailableError where the
    weight file is absent or does not fit, ConfigError for an unknown name or layer.
    """
    if name in VARIANTS:
        network = VGGFeatures(VARIANTS[name], layers, pool)
    elif name in INPUTS:
        network = ResNet50(layers, INPUTS[name] if normalised else Input())
    elif name in EXTRACTORS:
        network = EfficientNetLite0(layers)
    else:
        raise ConfigError(f"no feature extractor '{name}'; there are: {', '.join(EXTRACTORS)}")
    path = path_of(name, weights_dir)
    known = read_tensors(path)
    # Batches are counted in training only; the files leave the counters out.
    counters = {key: value for key, value in network.state_dict().items() if key.endswith("num_batches_tracked")}
    tensors = {key: known[key] for key in network.state_dict() if key in known}
    try:
        network.load_state_dict({**counters, **tensors}, strict=True)
    except RuntimeError as error:
        raise unfit(name, path) from error
    return network.to(memory_format=torch.channels_last).eval()


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Tensors of a safetensors file, or of a pickled state dict read without running code."""
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True, mmap=True)


def unfit(name: str, path: Path) -> UnavailableError:
    """The error of a weight file that is not this network's."""
    return UnavailableError(name, f"{path.name} does not fit the network", weight_file(name).how)
