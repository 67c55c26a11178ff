"""HaarPSI with the constants found for medical images."""

from __future__ import annotations

from ldct.metrics.declared import METRICS
from ldct.metrics.haarpsi import HaarPSI


class HaarPSIMed(HaarPSI, declared=METRICS["haarpsi_med"]):
    """HaarPSI with C = 5 and alpha = 4.9; everything else as HaarPSI."""

    c, alpha = 5.0, 4.9
