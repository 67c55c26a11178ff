"""Feature distances that count more where the content matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F

from ldct.errors import ConfigError
from ldct.losses.base import number
from ldct.losses.content import TISSUES, content_map
from ldct.losses.perceptual import Perceptual


class Semantic(Perceptual):
    """mean over layers of mean(W d(phi(x) - phi(y))): a perceptual loss weighted by a content map W; 0 at equality.

    W comes from the target: a tissue segmentation by HU and the structure within it (`ldct.losses.content`), mean 1 in
    each image, averaged down to the size of each feature map. With equal tissue weights and structure 0 it is the
    perceptual loss.
    tissues: weights of air, lung, fat, soft, bone where they are not the default (0, 1, .5, 1, .5). structure: how much
    more an edge counts than a flat region, at least 0. The rest: as of Perceptual.
    """

    def __init__(self, *, tissues: Mapping[str, float] | None = None, structure: float = 2.0, **options):
        super().__init__(**options)
        unknown = set(tissues or {}) - set(TISSUES)
        if unknown:
            raise ConfigError(
                f"loss {self.name}: tissues has {', '.join(sorted(unknown))}; expected of {', '.join(TISSUES)}"
            )
        weights = {name: weight for name, (_, weight) in TISSUES.items()} | dict(tissues or {})
        self.tissues = {name: number(self.name, f"tissues.{name}", value, 0.0) for name, value in weights.items()}
        self.structure = number(self.name, "structure", structure, 0.0)
        self.pointwise = torch.abs if options.get("distance") == "l1" else torch.square

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        target = target[: self.images]
        weights = content_map(self.intensity.to_hu(target), self.tissues, self.structure)
        parts = [
            (F.adaptive_avg_pool2d(weights, (x.shape[-2], x.shape[-1])) * self.pointwise(x - y)).mean()
            for x, y in self.features(prediction[: self.images], target)
        ]
        return torch.stack(parts).mean()


class SemanticHED(Semantic):
    """Semantic on the VGG16 trunk of HED, relu2_2 by default; see HEDVGG16 for these features and their scale."""

    network, name = "vgg16_hed", "semantic_hed"

    def __init__(self, *, layers: Sequence[str] = ("relu2_2",), **options):
        super().__init__(layers=layers, **options)


class SemanticEfficientNet(Semantic):
    """Semantic on an ImageNet classifier, EfficientNet-Lite0, stages 1 to 3 by default; from 32 pixels a side."""

    network, name = "efficientnet_lite0", "semantic_efficientnet"

    def __init__(self, *, layers: Sequence[str] = ("stage1", "stage2", "stage3"), **options):
        super().__init__(layers=layers, **options)


class SemanticRadImageNet(Semantic):
    """Semantic on a ResNet50 that knows CT, layers 1 and 2 by default; see RadImageNet for its file."""

    network, name = "radimagenet_resnet50", "semantic_radimagenet"

    def __init__(self, *, layers: Sequence[str] = ("layer1", "layer2"), **options):
        super().__init__(layers=layers, **options)
