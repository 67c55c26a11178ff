"""How much each term of a loss weighs: by value (Psi) and by gradient."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ldct.losses.composite import WeightedSum


def value_shares(weights: Mapping[str, float], values: Mapping[str, float]) -> dict[str, float]:
    """|w_k term_k| / sum |w term|, which for one perceptual term beside one image term is Psi of arXiv:2509.23025."""
    return _normalised({name: abs(weights[name] * value) for name, value in values.items()})


def gradient_shares(loss: WeightedSum, prediction: torch.Tensor, target: torch.Tensor) -> dict[str, float]:
    """Each term's share of the L2 norms of d(w_k term_k)/d(prediction) on one batch (N, 1, H, W).

    Taken at the network's output: it needs no pass through the network and does not depend on its size.
    """
    leaf = prediction.detach().float().requires_grad_()
    with torch.enable_grad():
        values = loss(leaf, target)[1]
    norms = {}
    for name, value in values.items():
        gradient = None
        if value.requires_grad:
            (gradient,) = torch.autograd.grad(value, leaf, retain_graph=True, allow_unused=True)
        norms[name] = 0.0 if gradient is None else abs(loss.weights[name]) * float(gradient.double().norm())
    return _normalised(norms)


def _normalised(parts: Mapping[str, float]) -> dict[str, float]:
    total = sum(parts.values())
    return {name: part / total if total else 1 / len(parts) for name, part in parts.items()}
