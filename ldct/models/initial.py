"""Initial weights of the networks."""

from __future__ import annotations

import math

from torch import nn


def he_normal(network: nn.Module, last: nn.Module | None = None) -> None:
    """He normal weights (1502.01852) and zero biases in every convolution; zeros in `last`.

    With zeros in the layer before a shortcut from the input, training starts at the identity: the papers' and PyTorch's
    own draws start tens of HU away from it or, in small networks, let the signal fade over ten layers.
    """
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            fan = layer.in_channels // layer.groups * math.prod(layer.kernel_size)
            if isinstance(layer, nn.ConvTranspose2d):
                # Only every stride-th tap meets an input.
                fan /= math.prod(layer.stride)
            nn.init.normal_(layer.weight, std=math.sqrt(2 / fan))
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    if last is not None:
        nn.init.zeros_(last.weight)
