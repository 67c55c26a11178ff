"""What exact tests can reach at all with few patients."""

from __future__ import annotations


def least_p(patients: int) -> float:
    """The least two-sided p that `patients` differences can reach."""
    return min(1.0, 2.0 ** (1 - patients))


def fewest_patients(tests: int, alpha: float) -> int:
    """Patients with whom the least p of one of `tests` exact tests can pass Holm's correction at `alpha`."""
    patients = 1
    while tests * least_p(patients) > alpha:
        patients += 1
    return patients
