"""The dose that a low-dose series has by its noise, beside the dose that was asked for."""

from __future__ import annotations

import numpy as np

from ldct.reconstruction.noise_level import calm, residual
from ldct.tables.images import ImageStack

MEASURED_SLICES = 7


def measured_dose(full: ImageStack, low: ImageStack) -> float | None:
    """Noise variance of the full dose over that of the low dose, in calm soft tissue; None where there is none.

    Where noise is that of quanta alone this is the dose fraction. The median over up to seven slices spread over the
    scan, in each over the tissue that is flattest at full dose.
    """
    ratios = []
    for number in np.unique(np.linspace(0, len(full) - 1, MEASURED_SLICES + 2).round().astype(int)[1:-1]):
        image, noisy = full.hu_air[number], low.hu_air[number]
        where = calm(image) & full.valid[number] & low.valid[number]
        if where.any():
            own, added = (float(np.median(residual(one)[where] ** 2)) for one in (image, noisy))
            if added > 0:
                ratios.append(own / added)
    return float(np.median(ratios)) if ratios else None


def off_target(wanted: float | None, measured: float | None, tolerance: float) -> str | None:
    """What to say where the measured dose differs from the wanted one by more than a share `tolerance` of it."""
    if wanted is None or measured is None or abs(measured / wanted - 1) <= tolerance:
        return None
    return f"the noise is that of {100 * measured:.3g} % of the dose, {100 * wanted:.3g} % was wanted"
