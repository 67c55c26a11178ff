"""Area under the ROC curve with DeLong's interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special, stats


@dataclass(frozen=True)
class Area:
    """AUC with its interval and DeLong's variance."""

    value: float
    low: float
    high: float
    variance: float


def placements(present: np.ndarray, absent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of absent scores below each present one, and of present above each absent one; ties count half."""
    order = np.sort(absent)
    above = (np.searchsorted(order, present, "left") + np.searchsorted(order, present, "right")) / (2 * len(absent))
    order = np.sort(present)
    below = (np.searchsorted(order, absent, "left") + np.searchsorted(order, absent, "right")) / (2 * len(present))
    return above, 1 - below


def auc(present: np.ndarray, absent: np.ndarray, confidence: float = 0.95) -> Area:
    """AUC of test statistics, P(present > absent) + P(equal) / 2, for independent images.

    The interval is DeLong's (1988) on the logit scale, which keeps it in [0, 1]; the exact binomial bound on the
    smaller class where the scores separate fully and there is no variance. Raises ValueError with fewer than two
    scores of a class.
    """
    present, absent = np.asarray(present, float), np.asarray(absent, float)
    if min(len(present), len(absent)) < 2:
        raise ValueError(f"an AUC needs two scores of each class; found {len(present)} and {len(absent)}")
    v10, v01 = placements(present, absent)
    value = float(v10.mean())
    variance = float(v10.var(ddof=1) / len(v10) + v01.var(ddof=1) / len(v01))
    tail = (1 - confidence) / 2
    if variance == 0:
        bound = float(tail ** (1 / min(len(present), len(absent))))
        return Area(value, bound if value > 0.5 else 0.0, 1.0 if value > 0.5 else 1 - bound, 0.0)
    logit = special.logit(np.clip(value, 1e-12, 1 - 1e-12))
    reach = stats.norm.isf(tail) * np.sqrt(variance) / max(value * (1 - value), 1e-12)
    low, high = special.expit([logit - reach, logit + reach])
    return Area(value, float(low), float(high), variance)


def dprime(area: float) -> float:
    """d' of two equal normal distributions with this AUC: sqrt 2 Phi^-1(AUC)."""
    return float(np.sqrt(2) * stats.norm.ppf(area))
