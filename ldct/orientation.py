"""Goodness: every metric turned so that higher is better.

The absolute values of 'zero' and 'one' metrics are taken slice by slice, before any averaging: a bias of +10 HU in
one slice does not excuse -10 HU in the next. A ratio is judged by its logarithm: half and double are equally bad.
"""

from __future__ import annotations

import numpy as np

DIRECTIONS = ("higher", "lower", "zero", "one")


def goodness(value: np.ndarray, direction: str) -> np.ndarray:
    """v, -v, -|v| or -|log v| for 'higher', 'lower', 'zero', 'one'; NaN where v is not finite or (one) not positive.

    Raises ValueError for another direction.
    """
    value = np.where(np.isfinite(value), value, np.nan)
    if direction == "higher":
        return value
    if direction == "lower":
        return -value
    if direction == "zero":
        return -np.abs(value)
    if direction == "one":
        positive = value > 0
        return np.where(positive, -np.abs(np.log(np.where(positive, value, 1.0))), np.nan)
    raise ValueError(f"direction '{direction}' is none of {DIRECTIONS}")
