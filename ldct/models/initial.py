"""Where training starts."""

from __future__ import annotations

from torch import nn


def zero(layer: nn.Module) -> None:
    """Zeros in the layer before the shortcut from the input, so that training starts at the identity.

    The other layers keep PyTorch's draw, as in ldct-benchmark. If drawn too, the last layer starts tens of HU away
    from the input, and small networks spend much of a short budget on coming back, by seeds that differ.
    """
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
