"""Reductions that leave out what is missing, without warnings."""

from __future__ import annotations

from typing import Any

import numpy as np


def nanmean(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """Mean of the finite values along `axis`; NaN where there is none."""
    finite = np.isfinite(values)
    count = np.asarray(finite.sum(axis))
    total = np.asarray(np.where(finite, values, 0.0).sum(axis))
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def mean_of(values: np.ndarray) -> float | None:
    """Mean of the finite values, None where there is none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else None


def sd_of(values: np.ndarray) -> float | None:
    """SD (n - 1) of the finite values, None for fewer than two."""
    finite = values[np.isfinite(values)]
    return float(finite.std(ddof=1)) if len(finite) > 1 else None


def number(value: Any) -> float | None:
    """A finite Python float, else None: NaN never enters a table."""
    return float(value) if np.isfinite(value) else None


def any_finite(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """Whether any value along `axis` is finite."""
    return np.asarray(np.isfinite(values).any(axis))


def all_finite(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """Whether every value along `axis` is finite."""
    return np.asarray(np.isfinite(values).all(axis))
