"""How the noise of the criteria goes together, over patients and over runs."""

from __future__ import annotations

import numpy as np

from ldct.statistics.inference.moments import RunMoments, run_deviations
from ldct.statistics.inference.sample import Sample


def noise_profile(sample: Sample, moments: RunMoments, *, by_folds: bool) -> np.ndarray:
    """Rows (C, K) of unit length whose scalar products are correlations of the noise of the criteria.

    Pooled over the losses: deviations of patients x losses and of runs, each in the share that it has in the variance
    of a loss's mean, or (`by_folds`) those of the means of folds x losses. Zero rows where a criterion has no noise.
    """
    known = np.isfinite(sample.values)
    count = known.sum(2)
    mean = np.where(count > 0, np.where(known, sample.values, 0.0).sum(2) / np.maximum(count, 1), np.nan)
    complete = np.isfinite(mean)
    # Patient x loss: what is left of a loss's value of a patient after the patient's and the fold's.
    rest = mean - _nanmean(mean, 1)
    parts = []
    for fold in sample.folds:
        level = _nanmean(rest[..., fold], 2)
        parts.append(level if by_folds else rest[..., fold] - level)
    if by_folds:
        folded = np.concatenate(parts, -1)
        flat = np.where(np.isfinite(folded), folded - _nanmean(folded, 2), 0.0)
        return _unit(flat.reshape(len(flat), -1))
    apart = np.concatenate(parts, -1)
    size = complete.any(1).sum(-1)[:, None]
    patients = np.where(np.isfinite(apart), apart, 0.0).reshape(len(apart), -1)
    runs = run_deviations(sample, moments)  # squares sum to the mean square of a run
    trained = sample.runs().reshape(len(runs), -1).sum(1)[:, None]
    freedom = np.maximum(size - len(sample.folds), 1) * max(sample.losses - 1, 1)
    patients = patients / np.sqrt(freedom * np.maximum(size, 1))
    runs = runs.reshape(len(runs), -1) / np.sqrt(np.maximum(trained, 1))
    return _unit(np.concatenate([patients, runs], 1))


def _nanmean(values: np.ndarray, axis: int) -> np.ndarray:
    known = np.isfinite(values)
    count = known.sum(axis, keepdims=True)
    total = np.where(known, values, 0.0).sum(axis, keepdims=True)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def _unit(rows: np.ndarray) -> np.ndarray:
    length = np.sqrt((rows**2).sum(-1, keepdims=True))
    return np.divide(rows, length, out=np.zeros(rows.shape), where=length > 0)
