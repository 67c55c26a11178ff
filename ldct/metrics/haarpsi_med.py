"""HaarPSI with the constants found for medical images."""

from __future__ import annotations

from ldct.metrics.haarpsi import HaarPSI


class HaarPSIMed(HaarPSI):
    """HaarPSI with C = 5 and alpha = 4.9; everything else as HaarPSI."""

    name, label = "haarpsi_med", "HaarPSI_MED"
    source = "Karner 2024, arXiv:2410.24098"
    c, alpha = 5.0, 4.9
