"""Levels of the losses as other patients and other trainings might have given them."""

from __future__ import annotations

import numpy as np

from ldct.statistics.inference.moments import run_deviations, run_moments
from ldct.statistics.inference.sample import Sample
from ldct.statistics.policy.thresholds import LEAST_FOLDS_AS_REPLICATES


def level_draws(sample: Sample, draws: int, rng: np.random.Generator) -> tuple[np.ndarray, int, bool]:
    """Draws (D, C, L) of each loss's mean over patients, the clusters behind them, and whether they hold trainings.

    For a sample in which every loss has every patient. Normal noise with the covariance of the sample: deviations of
    patients within folds, common to all losses, and of runs, each loss's own. With one seed the means of folds deviate;
    with one seed and fewer than three folds it is patients alone, and the draws are about these trained networks only.
    """
    known = np.isfinite(sample.values)
    seeds = known.sum(2)
    mean = np.where(known, sample.values, 0.0).sum(2) / np.maximum(seeds, 1)  # (C, L, P)
    here = (seeds > 0).all(1)  # (C, P)
    n = here.sum(1)
    level = np.where(here[:, None], mean, 0.0).sum(-1) / np.maximum(n, 1)[:, None]
    level = np.where(n[:, None] > 0, level, np.nan)
    folds = sample.folds
    moments = run_moments(sample)
    by_runs = bool((moments.run_freedom > 0).any(0).all()) and sample.values.shape[3] > len(folds)
    by_folds = not by_runs and len(folds) >= LEAST_FOLDS_AS_REPLICATES
    deviation = np.zeros(mean.shape)
    size = max(sample.values.shape[3], 1)
    if by_folds:
        parts = np.stack([_mean(mean[..., fold], here[:, None, fold]) - level for fold in folds], -1)
        weight = np.array([len(fold) for fold in folds]) / size
        q, cube = (weight**2).sum(), (weight**3).sum()
        scale = q / max(q - 2 * cube + q**2, 1e-12)
        noise = parts * weight * np.sqrt(scale)
        clusters = len(folds)
    else:
        groups = folds if by_runs else [np.arange(size)]
        for fold in groups:
            inside = here[:, None, fold]
            apart = mean[..., fold] - _mean(mean[..., fold], inside)[..., None]
            deviation[..., fold] = np.where(inside, apart, 0.0)
        freedom = np.maximum(n - len(groups), 1)
        noise = deviation / np.sqrt(np.maximum(n, 1) * freedom)[:, None, None]
        clusters = int(max(min(n.max(initial=0), size) - len(groups) + 1, 1))
    noise = np.nan_to_num(noise)
    out = level + np.tensordot(rng.normal(size=(draws, noise.shape[-1])), noise, (1, 2))
    if by_runs:
        drift = run_deviations(sample, moments)  # (C, L, K), squares sum to the mean square of a run
        trained = np.maximum(sample.runs().sum((2, 3)), 1)
        # Patients and runs both hold the rest; it is taken off the runs.
        own = np.divide(moments.run_variance, moments.run, out=np.ones(moments.run.shape), where=moments.run > 0)
        share = np.sqrt(np.clip(np.nan_to_num(own, nan=1.0), 0.0, 1.0) / trained)
        multipliers = rng.normal(size=(sample.losses, draws, drift.shape[-1]))
        for loss in range(sample.losses):
            out[:, :, loss] += multipliers[loss] @ (drift[:, loss] * share[:, loss, None]).T
        clusters = min(clusters, int(moments.run_freedom.sum(1).max()) + 1)
    return out, clusters, by_runs or by_folds


def _mean(values: np.ndarray, here: np.ndarray) -> np.ndarray:
    here = np.broadcast_to(here, values.shape)
    count = here.sum(-1)
    total = np.where(here, values, 0.0).sum(-1)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
