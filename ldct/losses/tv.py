"""Total variation of the prediction."""

from __future__ import annotations

import torch

from ldct.losses.base import Loss, check_side


class TotalVariation(Loss):
    """mean |horizontal difference| + mean |vertical difference| of the prediction; the target plays no part.

    A penalty on noise and edges alike: use it beside a data term. 0 for a constant image.
    """

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        check_side("tv", prediction, 2)
        return prediction.diff(dim=-1).abs().mean() + prediction.diff(dim=-2).abs().mean()
