"""Ratio of the frequencies at which the task transfer function falls to one half."""

from __future__ import annotations

from ldct.edge_spread import frequency_at_half
from ldct.metrics.declared import METRICS
from ldct.metrics.edge_ratio import EdgeRatio


class TTF50Ratio(EdgeRatio, declared=METRICS["ttf50_ratio"]):
    """f50 of the transfer function across the reference's isolated edges, prediction over reference, 1/mm over 1/mm.

    The transfer functions hold the width of the anatomy's own edges, which is the same in both. Below 1: blurred.
    """

    of = staticmethod(frequency_at_half)
