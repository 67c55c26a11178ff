"""Intervals of statistics with patients, and readers where there are several, left out in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ldct.readers.jackknife import Replicates
from ldct.statistics.policy.readers import POLICY

BOTH, PATIENTS = "patients and readers", "patients"


@dataclass(frozen=True)
class Scale:
    """A scale on which a statistic's error is near normal, and the way back; `share` marks those within 0 and 1."""

    forward: Callable[[np.ndarray], np.ndarray]
    back: Callable[[np.ndarray], np.ndarray]
    share: bool = False


def fisher_z(value: np.ndarray) -> np.ndarray:
    """Fisher's z, finite at full correlation."""
    return np.arctanh(np.clip(value, -0.999999, 0.999999))


def _arcsine(value: np.ndarray) -> np.ndarray:
    return np.arcsin(np.sqrt(np.clip(value, 0.0, 1.0)))


def _from_arcsine(angle: np.ndarray) -> np.ndarray:
    return np.sin(np.clip(angle, 0.0, np.pi / 2)) ** 2


CORRELATION = Scale(fisher_z, np.tanh)
SHARE = Scale(_arcsine, _from_arcsine, share=True)
PLAIN = Scale(np.asarray, np.asarray)


def interval(
    replicates: Replicates, scale: Scale, confidence: float, patients: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value, low and high (K,) of a statistic: Student's t on `scale`; NaN bounds below the policy's patients.

    A share of 0 or 1 in every sample has no spread: its bounds are then Clopper & Pearson's (1934) with each patient
    as one trial, which is the least that so many patients can tell.
    """
    value = replicates.whole
    if patients < POLICY.patients_of_interval:
        unknown = np.full(len(value), np.nan)
        return value, unknown, unknown
    changed = replicates.of(scale.forward)
    error, degrees = changed.error()
    reach = stats.t.ppf((1 + confidence) / 2, degrees) * error
    low, high = scale.back(changed.whole - reach), scale.back(changed.whole + reach)
    if scale.share:
        least = ((1 - confidence) / 2) ** (1 / patients)
        bound = (error == 0) & np.isfinite(value)
        low = np.where(bound & (value >= 1), least, low)
        high = np.where(bound & (value <= 0), 1 - least, high)
    return value, low, high
