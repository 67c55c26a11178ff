"""What feature extractors share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from torch import nn

from ldct.declaration import nearest
from ldct.errors import ConfigError

# Mean and SD of ImageNet's channels, of values in [0, 1].
IMAGENET_MEAN, IMAGENET_SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def wanted(network: str, layers: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """`layers`; raises ConfigError where there is none, or one that `network` does not have."""
    for layer in layers:
        if layer not in known:
            raise ConfigError(f"{network} has no layer '{layer}'{nearest(layer, known)}")
    if not layers:
        raise ConfigError("a feature extractor needs at least one layer")
    return tuple(layers)


class Frozen(nn.Module):
    """A network that stays as it was trained."""

    def freeze(self) -> None:
        """No gradients for the weights, and evaluation mode; called when all layers are there."""
        self.requires_grad_(False)
        self.train(False)

    def train(self, mode: bool = True) -> Self:
        """Stays in evaluation mode: batch statistics would mix the images."""
        return super().train(False)
