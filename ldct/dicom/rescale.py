"""Whether values are Hounsfield units: by what the header says, and where it says little by the values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.errors import InputError

RESCALE_TYPES = {"HU", "US", "OD", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"}
# 'Unspecified': GDCM, and with it ITK and SimpleITK, write it into every CT image.
UNSPECIFIED = {"US", "UNSPECIFIED"}
# Units that say nothing, which the values then have to: of RescaleType, and of files that have no such thing.
TAKEN_FROM_VALUES = {"unspecified": "RescaleType US (unspecified)", "unstated": "no unit stated"}
# Where the peaks of air and of soft tissue lie in HU, and which share of the pixels has to lie there.
AIR_HU, TISSUE_HU, LEAST_SHARE = (-1100.0, -900.0), (-150.0, 150.0), 0.01
BELOW_TISSUE, ABOVE_AIR, BIN_HU = -500.0, -300.0, 20.0
# Stored values whose intercept was lost: air at 0, tissue at 1024.
UNSCALED_AIR, UNSCALED_TISSUE = (-150.0, 150.0), (874.0, 1174.0)


def stated_unit(value: Any, where: str) -> str:
    """'HU', 'absent' or 'unspecified' of a RescaleType. Raises InputError for values that are something else."""
    kind = str(value or "").strip().upper()
    if not kind:
        return "absent"
    if kind == "HU" or kind.startswith("HOUNSFIELD"):
        return "HU"
    if kind in UNSPECIFIED:
        return "unspecified"
    kind = f"'{kind}'" if kind in RESCALE_TYPES else "of an unknown kind"
    raise InputError(where, f"values {kind}", "HU", "Export the series in Hounsfield units.")


def check_unit(units: set[str], measured: np.ndarray) -> str | None:
    """A note where the unit of a series is taken from its `measured` values; None where the header states HU.

    units: what its slices state. A type that is absent means HU (PS3.3 C.8.2.1), but for values that are plainly
    stored ones. Raises InputError where the values cannot be HU.
    """
    action = "Export the series in Hounsfield units."
    expected = "air near -1000 and soft tissue near 0 to 100"
    for unit in sorted(units & set(TAKEN_FROM_VALUES)):
        said = TAKEN_FROM_VALUES[unit]
        if not plausible(measured):
            raise InputError("", f"{said}, and values that are not like HU", expected, action)
        return f"{said}: read as HU, since air and tissue lie where they do in HU"
    if "absent" in units and unscaled(measured):
        raise InputError("", "no RescaleType, and values like stored ones (air near 0)", expected, action)
    return None


def plausible(values: np.ndarray) -> bool:
    """Whether values have peaks where air and soft tissue lie in HU."""
    air = _peak(values[values < BELOW_TISSUE], len(values))
    tissue = _peak(values[values > ABOVE_AIR], len(values))
    return _within(air, AIR_HU) and _within(tissue, TISSUE_HU)


def unscaled(values: np.ndarray) -> bool:
    """Whether values have peaks at 0 and at 1024, and none where the air of HU lies."""
    split = np.mean(UNSCALED_AIR + UNSCALED_TISSUE)
    low, high = _peak(values[values < split], len(values)), _peak(values[values >= split], len(values))
    below = np.count_nonzero(values < UNSCALED_AIR[0])
    return bool(below < LEAST_SHARE * len(values)) and _within(low, UNSCALED_AIR) and _within(high, UNSCALED_TISSUE)


def _peak(values: np.ndarray, total: int) -> float:
    """The middle of the fullest bin; NaN where the values are less than 1 % of `total`."""
    if len(values) < max(LEAST_SHARE * total, 1):
        return float("nan")
    bins, counts = np.unique(np.floor(values / BIN_HU), return_counts=True)
    return float((bins[counts.argmax()] + 0.5) * BIN_HU)


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]
