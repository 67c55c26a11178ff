"""Ratio of edge widths."""

from __future__ import annotations

from ldct.metrics.edge_ratio import EdgeRatio
from ldct.metrics.edges import width


class EdgeWidthRatio(EdgeRatio):
    """Distance from 10 to 90 % across the reference's isolated edges, prediction over reference, mm over mm.

    Above 1: blurred; below 1: sharpened.
    """

    name, label = "edge_width_ratio", "edge width ratio"
    source = "definition; mean edge spread at anatomical edges, 10 to 90 %"
    of = staticmethod(width)
