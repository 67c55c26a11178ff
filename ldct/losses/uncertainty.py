"""Terms weighted by learned uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from ldct.errors import ConfigError
from ldct.losses.base import Loss, number
from ldct.losses.composite import WeightedSum
from ldct.losses.declared import nested_terms


class Uncertainty(Loss):
    """sum_k L_k / (2 s_k^2) + log s_k with a trained s_k for each term; the value can be negative.

    terms: as of a loss in the configuration, [{use, weight, options}], at least two; each weight scales its L_k
    before. rate: log s_k^2 is `rate` times the trained number, so that it can move faster than a network's weights.
    At the optimum s_k^2 = L_k, which makes the gradients' scales equal in proportion to the terms' values.
    """

    def __init__(self, *, terms: Sequence[Any] | Mapping[str, Any], rate: float = 1.0, **common):
        super().__init__(**common)
        nested = nested_terms({"terms": terms})
        if len(nested) < 2:
            raise ConfigError("loss uncertainty: it needs at least two terms")
        self.sum = WeightedSum(nested, self.intensity, self.weights_dir)
        self.rate = number("uncertainty", "rate", rate, 0.0, above=True)
        self.trained = nn.Parameter(torch.zeros(len(nested)))

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        values = self.sum(prediction, target)[1]
        weighted = torch.stack([self.sum.weights[name] * value for name, value in values.items()])
        log_variance = self.rate * self.trained
        return (0.5 * torch.exp(-log_variance) * weighted + 0.5 * log_variance).sum()
