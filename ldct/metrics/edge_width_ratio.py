"""Ratio of edge widths."""

from __future__ import annotations

from ldct.metrics.declared import METRICS
from ldct.metrics.edge_ratio import EdgeRatio
from ldct.metrics.edges import width


class EdgeWidthRatio(EdgeRatio, declared=METRICS["edge_width_ratio"]):
    """Distance from 10 to 90 % across the reference's isolated edges, prediction over reference, mm over mm.

    Above 1: blurred; below 1: sharpened.
    """

    of = staticmethod(width)
