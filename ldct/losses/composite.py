"""A weighted sum of loss terms: what a training minimises."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ldct.errors import ConfigError
from ldct.intensity import Intensity
from ldct.losses.adversarial.base import Adversarial
from ldct.losses.base import full_precision
from ldct.losses.declared import TERMS, distinct

# How Python names a constructor in the message of a wrong call.
_INIT = re.compile(r"\S*__init__\(\)")


class WeightedSum(nn.Module):
    """sum_k weights[k] * term_k, computed in float32 whatever the autocast around it.

    terms: [{"use", "weight", "options"}] as in the configuration; `use` is a built-in name or 'module:Class'. A name
    used again is numbered: 'sobel', 'sobel_2'. weights: {term: weight}; names: the terms in order.
    Raises ConfigError for unknown terms, options or weights, UnavailableError where weight files are absent.
    """

    def __init__(
        self,
        terms: Sequence[Mapping[str, Any]],
        intensity: Intensity | None = None,
        weights_dir: Path | None = None,
    ):
        super().__init__()
        if not terms:
            raise ConfigError("a loss needs at least one term")
        self.names = distinct([term["use"] for term in terms])
        self.weights = {name: _weight(term) for name, term in zip(self.names, terms, strict=True)}
        self.terms = nn.ModuleList(
            build_term(term["use"], term.get("options") or {}, intensity or Intensity(), weights_dir) for term in terms
        )

    def forward(self, prediction: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The weighted sum and each term's unweighted value; both images (N, 1, H, W), standardised."""
        dtype = torch.float64 if prediction.dtype == torch.float64 else torch.float32
        prediction, target = prediction.to(dtype), target.to(dtype)
        with full_precision(prediction):
            values = {name: term(prediction, target) for name, term in zip(self.names, self.terms, strict=True)}
            parts = [self.weights[name] * value for name, value in values.items()]
            return torch.stack(parts).sum(), values

    @property
    def adversaries(self) -> dict[str, Adversarial]:
        """The terms with a critic, those nested in other terms included: 'dugan', 'uncertainty.sum.terms.1'."""
        return {
            f"{name}.{path}" if path else name: module
            for name, term in zip(self.names, self.terms, strict=True)
            for path, module in term.named_modules()
            if isinstance(module, Adversarial)
        }


def build_term(use: str, options: Mapping[str, Any], intensity: Intensity, weights_dir: Path | None) -> nn.Module:
    """One loss term by name or dotted path; raises ConfigError where an option does not exist."""
    cls = TERMS.load(use)
    try:
        return cls(intensity=intensity, weights_dir=weights_dir, **options)
    except TypeError as error:
        raise ConfigError(f"loss {use}: {_INIT.sub(cls.__name__, str(error))}") from error


def _weight(term: Mapping[str, Any]) -> float:
    weight = term.get("weight", 1.0)
    if not isinstance(weight, (int, float)) or isinstance(weight, bool) or not 0 < weight < float("inf"):
        raise ConfigError(f"loss {term['use']}: weight is {weight!r}; expected a number above 0")
    return float(weight)
