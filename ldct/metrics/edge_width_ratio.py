"""Ratio of edge widths."""

from __future__ import annotations

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.edges import Edges, find_edges, width


class EdgeWidthRatio(Metric):
    """Distance from 10 to 90 % across the reference's isolated edges, prediction over reference, mm over mm.

    Above 1: blurred; below 1: sharpened.
    """

    name, label, family, direction = "edge_width_ratio", "edge width ratio", "physics", "one"
    low, mapping = 0.0, "hu"
    source = "definition; mean edge spread at anatomical edges, 10 to 90 %"
    min_size = 32

    def prepare(self, reference: View) -> tuple[Edges, float]:
        edges = find_edges(reference)
        expected = width(edges.spread(reference))
        if not expected > 0:
            raise NoValue("the edges of the reference have no width")
        return edges, expected

    def score(self, state: tuple[Edges, float], prediction: View) -> float:
        edges, expected = state
        found = width(edges.spread(prediction))
        if not found > 0:
            raise NoValue("the image has no step where the reference has its edges")
        return found / expected
