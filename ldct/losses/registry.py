"""Built-in loss terms by name; another is one file and one line, or a dotted path in the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BUILTIN: dict[str, str] = {
    "mse": "ldct.losses.mse:MSE",
    "l1": "ldct.losses.l1:L1",
    "charbonnier": "ldct.losses.charbonnier:Charbonnier",
    "ssim": "ldct.losses.ssim:SSIM",
    "ms_ssim": "ldct.losses.ms_ssim:MSSSIM",
    "sobel": "ldct.losses.sobel:Sobel",
    "vgg16_hed": "ldct.losses.perceptual:HEDVGG16",
    "vgg16": "ldct.losses.perceptual:VGG16",
    "vgg19": "ldct.losses.perceptual:VGG19",
}

# Weight files (names of ldct.pretrained.catalogue) without which a term cannot be built.
REQUIRES: dict[str, tuple[str, ...]] = {
    "vgg16_hed": ("vgg16_hed",),
    "vgg16": ("vgg16",),
    "vgg19": ("vgg19",),
}


def required_weights(use: str, options: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Weight files of a term, those of the terms nested in its options included."""
    nested = (options or {}).get("terms") or ()
    names = [*REQUIRES.get(use, ())]
    for term in nested:
        names.extend(required_weights(term["use"], term.get("options")))
    return tuple(dict.fromkeys(names))
