"""Ratio of the frequencies at which the task transfer function falls to one half."""

from __future__ import annotations

from ldct.edge_spread import frequency_at_half
from ldct.metrics.edge_ratio import EdgeRatio


class TTF50Ratio(EdgeRatio):
    """f50 of the transfer function across the reference's isolated edges, prediction over reference, 1/mm over 1/mm.

    The transfer functions hold the width of the anatomy's own edges, which is the same in both. Below 1: blurred.
    """

    name, label = "ttf50_ratio", "TTF50 ratio"
    source = "Richard et al. 2012, doi:10.1118/1.4725171, at anatomical edges"
    of = staticmethod(frequency_at_half)
