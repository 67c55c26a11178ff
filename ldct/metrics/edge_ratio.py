"""What ratios of a measure of the edge spread share."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.edges import Edges, find_edges


class EdgeRatio(Metric):
    """`of` the mean edge spread across the reference's isolated edges, prediction over reference."""

    of: ClassVar[Callable[[np.ndarray], float]]

    def prepare(self, reference: View) -> tuple[Edges, float]:
        edges = find_edges(reference)
        expected = type(self).of(edges.spread(reference))
        if not expected > 0:
            raise NoValue("the edges of the reference have no width, or no transfer function that falls to one half")
        return edges, expected

    def score(self, state: tuple[Edges, float], prediction: View) -> float:
        edges, expected = state
        found = type(self).of(edges.spread(prediction))
        if not found > 0:
            raise NoValue("the image has no step where the reference has its edges")
        return found / expected
