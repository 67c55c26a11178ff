"""Bias of tissues."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch

from ldct.errors import ConfigError
from ldct.losses.base import Loss, number

# Air, lung, fat to muscle, contrast to soft bone, bone.
EDGES = (-1024.0, -500.0, -200.0, 200.0, 600.0, 1900.0)


class HUBins(Loss):
    """mean over HU bins of |mean of d where the target lies in the bin|; empty bins are left out; 0 at equality.

    Bins are [edge, next edge) of the target, over the whole batch; d on the standardised scale. Zero-mean noise costs
    nothing, so use it beside a pixelwise term. edges: HU, ascending, at least two.
    """

    def __init__(self, *, edges: Sequence[float] = EDGES, **common):
        super().__init__(**common)
        values = [number("hu_bins", "edges", edge) for edge in edges]
        if len(values) < 2 or any(a >= b for a, b in itertools.pairwise(values)):
            raise ConfigError(f"loss hu_bins: edges is {list(edges)}; expected at least two ascending HU values")
        self.edges = [self.intensity.standardise(value) for value in values]

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        d = prediction - target
        biases = []
        for low, high in itertools.pairwise(self.edges):
            inside = ((target >= low) & (target < high)).to(d.dtype)
            count = inside.sum()
            if count > 0:
                biases.append(((inside * d).sum() / count).abs())
        # The product keeps the graph where no pixel lies in any bin.
        return torch.stack(biases).mean() if biases else (d * 0).sum()
