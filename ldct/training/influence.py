"""How much each term of a loss weighs: by value (Psi) and by gradient."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn


def shares(weighted: Mapping[str, float]) -> dict[str, float]:
    """|part| / sum of |parts|, which for one perceptual term beside one image term is Psi of arXiv:2509.23025."""
    total = sum(abs(value) for value in weighted.values())
    return {name: abs(value) / total if total else 1.0 / len(weighted) for name, value in weighted.items()}


def gradient_shares(
    loss: nn.Module, weights: Mapping[str, float], prediction: torch.Tensor, target: torch.Tensor
) -> dict[str, float]:
    """Each term's share of the L2 norms of d(weight * term)/d(prediction) on one batch (N, 1, H, W).

    Taken at the network's output: it needs no pass through the network and does not depend on the architecture's size.
    """
    if len(weights) == 1:
        return dict.fromkeys(weights, 1.0)
    prediction = prediction.detach().float().requires_grad_()
    with torch.enable_grad():
        values = loss(prediction, target)[1]
        norms = {}
        for name, value in values.items():
            if not value.requires_grad:
                norms[name] = 0.0
                continue
            (gradient,) = torch.autograd.grad(weights[name] * value, prediction, retain_graph=True, allow_unused=True)
            norms[name] = 0.0 if gradient is None else float(gradient.double().norm())
    return shares(norms)
