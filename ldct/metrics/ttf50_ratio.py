"""Ratio of the frequencies at which the task transfer function falls to one half."""

from __future__ import annotations

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.edges import Edges, find_edges, frequency_at_half


class TTF50Ratio(Metric):
    """f50 of the transfer function across the reference's isolated edges, prediction over reference, 1/mm over 1/mm.

    The transfer functions hold the width of the anatomy's own edges, which is the same in both. Below 1: blurred.
    """

    name, label, family, direction = "ttf50_ratio", "TTF50 ratio", "physics", "one"
    low, mapping = 0.0, "hu"
    source = "Richard et al. 2012, doi:10.1118/1.4725171, at anatomical edges"
    min_size = 32

    def prepare(self, reference: View) -> tuple[Edges, float]:
        edges = find_edges(reference)
        expected = frequency_at_half(edges.spread(reference))
        if not expected > 0:
            raise NoValue("the transfer function of the reference does not fall to one half")
        return edges, expected

    def score(self, state: tuple[Edges, float], prediction: View) -> float:
        edges, expected = state
        found = frequency_at_half(edges.spread(prediction))
        if not found > 0:
            raise NoValue("the image has no step where the reference has its edges")
        return found / expected
