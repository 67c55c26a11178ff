"""The dose that a low-dose series has by its noise, beside the dose that was asked for."""

from __future__ import annotations

import numpy as np

from ldct.reconstruction.noise_level import calm, residual
from ldct.tables.images import ImageStack

MEASURED_SLICES = 7


def measured_dose(full: ImageStack, low: ImageStack, *, inserted: bool) -> float | None:
    """Noise variance of the full dose over that of the low dose in calm soft tissue; None where there is none.

    Where noise is that of quanta alone this is the dose fraction. Over up to seven slices spread over the scan, in each
    over the tissue that is flattest at full dose.

    inserted: the low dose is the full dose with noise added, and its own noise is what a high pass leaves of the full
    dose, some anatomy included, as the calibration of the inserted noise takes it. Otherwise the two doses have
    noise of their own and share the anatomy: with d and s difference and sum of what a high pass leaves of them, the
    variances are means of (d^2 - ds) / 2 and (d^2 + ds) / 2, in which anatomy does not remain.
    """
    differences, products, own = [], [], []
    for number in np.unique(np.linspace(0, len(full) - 1, MEASURED_SLICES + 2).round().astype(int)[1:-1]):
        image = full.hu_air[number]
        where = calm(image) & full.valid[number] & low.valid[number]
        a, b = (residual(one)[where] for one in (image, low.hu_air[number]))
        differences.append((b - a) ** 2)
        products.append((b - a) * (b + a))
        own.append(a**2)
    square, product, full_square = (np.concatenate(parts) for parts in (differences, products, own))
    if not len(square):
        return None
    if inserted:
        # Medians, which edges hardly move; both are of the same shape about their variance.
        of_full, added = float(np.median(full_square)), float(np.median(square))
        return of_full / (of_full + added) if of_full > 0 else None
    of_full, of_low = float((square - product).mean()), float((square + product).mean())
    return of_full / of_low if min(of_full, of_low) > 0 else None


def off_target(wanted: float | None, measured: float | None, tolerance: float) -> str | None:
    """What to say where the measured dose differs from the wanted one by more than a share `tolerance` of it."""
    if wanted is None or measured is None or abs(measured / wanted - 1) <= tolerance:
        return None
    return f"the noise is that of {100 * measured:.3g} % of the dose, {100 * wanted:.3g} % was wanted"
