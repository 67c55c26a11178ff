"""What exact tests can reach at all with few patients."""

from __future__ import annotations


def least_p(patients: int) -> float:
    """The least two-sided p that `patients` differences can reach."""
    return min(1.0, 2.0 ** (1 - patients))
