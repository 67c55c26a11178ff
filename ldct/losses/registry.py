"""Built-in loss terms by name; another is one file and one line, or a dotted path in the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BUILTIN: dict[str, str] = {
    "mse": "ldct.losses.mse:MSE",
    "l1": "ldct.losses.l1:L1",
    "charbonnier": "ldct.losses.charbonnier:Charbonnier",
    "huber": "ldct.losses.huber:Huber",
    "ssim": "ldct.losses.ssim:SSIM",
    "ms_ssim": "ldct.losses.ms_ssim:MSSSIM",
    "gmsd": "ldct.losses.gmsd:GMSD",
    "gaussian_l1": "ldct.losses.gaussian_l1:GaussianL1",
    "sobel": "ldct.losses.sobel:Sobel",
    "laplacian": "ldct.losses.laplacian:Laplacian",
    "tv": "ldct.losses.tv:TotalVariation",
    "multi_window": "ldct.losses.multi_window:MultiWindow",
    "hu_bins": "ldct.losses.hu_bins:HUBins",
    "texture": "ldct.losses.texture:Texture",
    "focal_frequency": "ldct.losses.focal_frequency:FocalFrequency",
    "nps": "ldct.losses.power_spectrum:PowerSpectrum",
    "vgg16_hed": "ldct.losses.perceptual:HEDVGG16",
    "vgg16": "ldct.losses.perceptual:VGG16",
    "vgg19": "ldct.losses.perceptual:VGG19",
    "efficientnet_lite0": "ldct.losses.perceptual:EfficientNetLite0",
    "resnet50": "ldct.losses.perceptual:ResNet50",
    "radimagenet_resnet50": "ldct.losses.perceptual:RadImageNet",
    "semantic_hed": "ldct.losses.semantic:SemanticHED",
    "semantic_efficientnet": "ldct.losses.semantic:SemanticEfficientNet",
    "semantic_radimagenet": "ldct.losses.semantic:SemanticRadImageNet",
    "ct_autoencoder": "ldct.losses.ct_autoencoder:CTAutoencoder",
    "semantic_ct": "ldct.losses.ct_autoencoder:SemanticCT",
    "edcnn": "ldct.losses.edcnn:EDCNN",
    "lpips": "ldct.losses.lpips:LPIPSAlex",
    "lpips_vgg": "ldct.losses.lpips:LPIPSVGG",
    "dists": "ldct.losses.dists:DISTS",
    "wgan_gp": "ldct.losses.adversarial.wgan_gp:WGANGP",
    "dugan": "ldct.losses.adversarial.dugan:DUGAN",
    "uncertainty": "ldct.losses.uncertainty:Uncertainty",
}

# Terms with a critic, which the training updates.
ADVERSARIAL = ("wgan_gp", "dugan")

# Terms on the encoder that the study trains in each fold.
ON_ENCODER = ("ct_autoencoder", "semantic_ct")

# Weight files (names of ldct.pretrained.catalogue) without which a term cannot be built.
REQUIRES: dict[str, tuple[str, ...]] = {
    "vgg16_hed": ("vgg16_hed",),
    "vgg16": ("vgg16",),
    "vgg19": ("vgg19",),
    "efficientnet_lite0": ("efficientnet_lite0",),
    "resnet50": ("resnet50",),
    "radimagenet_resnet50": ("radimagenet_resnet50",),
    "semantic_hed": ("vgg16_hed",),
    "semantic_efficientnet": ("efficientnet_lite0",),
    "semantic_radimagenet": ("radimagenet_resnet50",),
    "edcnn": ("resnet50",),
    "lpips": ("alexnet",),
    "lpips_vgg": ("vgg16",),
    "dists": ("vgg16", "dists"),
}


def required_weights(use: str, options: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Weight files of a term, those of the terms nested in its options included."""
    nested = (options or {}).get("terms") or ()
    names = [*REQUIRES.get(use, ())]
    for term in nested:
        names.extend(required_weights(term["use"], term.get("options")))
    return tuple(dict.fromkeys(names))


def needs_encoder(use: str, options: Mapping[str, Any] | None = None) -> bool:
    """Whether a term, or one nested in its options, uses the encoder that the study trains."""
    nested = (options or {}).get("terms") or ()
    return use in ON_ENCODER or any(needs_encoder(term["use"], term.get("options")) for term in nested)
