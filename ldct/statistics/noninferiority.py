"""Is one value at most a margin worse than another? Ratios of paired positive values over patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ldct.statistics.power import SIZES, TARGET


@dataclass(frozen=True)
class NonInferiority:
    """The geometric mean ratio with its interval, the one-sided p, and the verdict against 1 + margin."""

    ratio: float
    low: float
    high: float
    p: float
    verdict: str
    patients: int
    patients_needed: int | None


def noninferiority(candidate: np.ndarray, other: np.ndarray, margin: float, confidence: float) -> NonInferiority:
    """Whether `candidate` (patients,) is at most `margin` worse than `other`, where lower is better.

    Both are positive patient means (RMSE in HU). The logarithm of their ratio is taken as normal over patients; the
    interval is Student's t at `confidence`, two-sided, so that a true ratio of 1 + margin is called non-inferior with a
    probability of (1 - confidence) / 2. Verdict: 'non-inferior' where the interval ends below 1 + margin, 'inferior'
    where it begins above, else 'cannot tell', also with fewer than two patients. patients_needed: for 80 % power at
    the observed ratio and spread; None where the ratio itself is not below the margin. Raises ValueError for values
    that are not positive or a margin below 0. EMA CPMP/EWP/2158/99; ICH E9.
    """
    here = np.isfinite(candidate) & np.isfinite(other)
    a, b = candidate[here], other[here]
    if margin < 0 or (a <= 0).any() or (b <= 0).any():
        raise ValueError("non-inferiority needs positive values and a margin of at least 0")
    n, limit = len(a), float(np.log1p(margin))
    if n == 0:
        return NonInferiority(np.nan, np.nan, np.nan, np.nan, "cannot tell", 0, None)
    logs = np.log(a) - np.log(b)
    mean = float(logs.mean())
    if n < 2:
        return NonInferiority(float(np.exp(mean)), np.nan, np.nan, np.nan, "cannot tell", n, None)
    error = float(logs.std(ddof=1)) / np.sqrt(n)
    reach = stats.t.ppf((1 + confidence) / 2, n - 1) * error
    p = float(stats.t.cdf((mean - limit) / error, n - 1)) if error > 0 else float(mean >= limit)
    verdict = "non-inferior" if mean + reach < limit else "inferior" if mean - reach > limit else "cannot tell"
    return NonInferiority(
        ratio=float(np.exp(mean)),
        low=float(np.exp(mean - reach)),
        high=float(np.exp(mean + reach)),
        p=p,
        verdict=verdict,
        patients=n,
        patients_needed=_needed((limit - mean), error * np.sqrt(n), confidence),
    )


def _needed(distance: float, sd: float, confidence: float) -> int | None:
    """Fewest patients of SIZES with 80 % power that the interval ends `distance` above the mean."""
    if distance <= 0:
        return None
    for size in SIZES:
        critical = stats.t.ppf((1 + confidence) / 2, size - 1)
        power = stats.nct.sf(critical, size - 1, distance / max(sd, 1e-12) * np.sqrt(size)) if sd > 0 else 1.0
        if power >= TARGET:
            return size
    return None
