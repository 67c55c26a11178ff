"""Which metrics a loss optimises directly: its home field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Term of a loss -> metrics that are the same quantity, or a monotone function of it on one image.
HOME_METRICS: dict[str, tuple[str, ...]] = {
    "mse": ("rmse", "psnr"),
    "l1": ("mae",),
    "charbonnier": ("mae",),
    "ssim": ("ssim",),
    "ms_ssim": ("ms_ssim",),
    "gmsd": ("gmsd",),
    "haarpsi": ("haarpsi",),
    "fsim": ("fsim",),
    "vif": ("vifp",),
    "vgg16_hed": ("hed_vgg16_distance",),
    "lpips": ("lpips",),
    "dists": ("dists",),
    "lpips_vgg": ("lpips_vgg",),
    "gaussian_l1": ("mae",),
    "hu_bins": ("hu_bias",),
    "nps": ("nps_distance",),
}
# Losses known by their usual names, where the terms are not given.
_USUAL_TERMS: dict[str, tuple[str, ...]] = {
    "ms_ssim_l1": ("ms_ssim", "l1"),
    "edge": ("l1", "sobel"),
    "vgg": ("mse", "vgg16_hed"),
}
# A term that is not pixelwise: its network's features are compared.
_PERCEPTUAL = ("vgg", "lpips", "dists", "perceptual", "feature", "hed", "edcnn")
_PIXELWISE = ("mse", "l1", "charbonnier", "huber")


def terms_of(loss: str, terms: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Terms of `loss` from the configuration, else from its usual meaning, else its own name."""
    return tuple(terms.get(loss) or _USUAL_TERMS.get(loss) or (loss,))


def home_metrics(loss: str, terms: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Metrics that `loss` optimises, each once."""
    found = (metric for term in terms_of(loss, terms) for metric in HOME_METRICS.get(term, ()))
    return tuple(dict.fromkeys(found))


def is_perceptual(loss: str, terms: Mapping[str, Sequence[str]]) -> bool:
    """Whether the loss compares deep features."""
    return any(mark in term for term in terms_of(loss, terms) for mark in _PERCEPTUAL)


def is_pixelwise(loss: str, terms: Mapping[str, Sequence[str]]) -> bool:
    """Whether every term compares pixel with pixel."""
    return all(term in _PIXELWISE for term in terms_of(loss, terms))
