"""Multi-reader multi-case comparison of mean scores: readers and cases are both drawn from populations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from ldct.readers.jackknife import crossed_error


@dataclass(frozen=True)
class Comparison:
    """A difference of two mean scores, its interval, p and degrees of freedom."""

    difference: float
    low: float
    high: float
    p: float
    degrees: float


def compare(
    first: np.ndarray, second: np.ndarray, confidence: float = 0.95, form: Literal["crossed", "hillis"] = "crossed"
) -> Comparison:
    """Mean of `first` minus mean of `second`, both (readers, cases), complete, with readers and cases random.

    For a mean score the jackknife pseudovalues of Dorfman, Berbaum & Metz are the scores themselves. 'crossed' has the
    variance and degrees of freedom of `crossed_error`, which hold their level with few cases too. 'hillis' is the
    published form, with error MS(TR) + max(MS(TC) - MS(TRC), 0) and no term for few cases (Hillis 2007, Stat. Med.
    26:596; Hillis, Berbaum & Metz 2008, Acad. Radiol. 15:647). NaN bounds with one reader or case; raises ValueError
    where shapes differ or a score is missing.
    """
    if first.shape != second.shape or not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("both need a score of each reader for each case")
    readers, cases = first.shape
    d = first - second
    difference = float(d.mean())
    if readers < 2 or cases < 2:
        return Comparison(difference, float("nan"), float("nan"), float("nan"), float("nan"))
    reader, case, both = mean_squares(d) / (readers * cases)
    if form == "crossed":
        variance, degrees = (float(v) for v in crossed_error(case, reader, both, cases, readers))
    else:
        variance = reader + max(case - both, 0.0)
        degrees = variance**2 / (reader**2 / (readers - 1)) if reader > 0 else float("inf")
    if variance <= 0:
        return Comparison(difference, difference, difference, 0.0 if difference else 1.0, float("inf"))
    spread = np.sqrt(variance)
    half = stats.t.ppf((1 + confidence) / 2, degrees) * spread
    p = 2 * stats.t.sf(abs(difference) / spread, degrees)
    return Comparison(difference, float(difference - half), float(difference + half), float(p), float(degrees))


def mean_score(scores: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean of `scores` (readers, cases), complete, and its interval with readers and cases random, as `compare`."""
    made = compare(scores, np.zeros_like(scores), confidence)
    return made.difference, made.low, made.high


def mean_squares(scores: np.ndarray) -> np.ndarray:
    """Mean squares (3,) of readers, of cases and of their product in `scores` (readers, cases), complete."""
    readers, cases = scores.shape
    grand = scores.mean()
    by_reader, by_case = scores.mean(1), scores.mean(0)
    rest = scores - by_reader[:, None] - by_case[None, :] + grand
    return np.array(
        [
            cases * ((by_reader - grand) ** 2).sum() / (readers - 1),
            readers * ((by_case - grand) ** 2).sum() / (cases - 1),
            (rest**2).sum() / ((readers - 1) * (cases - 1)),
        ]
    )
