"""Mean squares of runs and of the rest, within folds, with unequal folds and missing cells.

Within a fold, y[p, s] = level + patient[p] + run[s] + rest[p, s]. Everything is built from differences of two runs on
the patients that both have, so that what is missing costs itself only; with nothing missing the results are the mean
squares of the analysis of variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ldct.statistics.inference.sample import Sample


@dataclass(frozen=True)
class RunMoments:
    """Per criterion and loss, all (C, L).

    `run` is the mean square of run means, which expects var(run) + overlap * var(rest); `rest` expects var(rest).
    `run_freedom` and `rest_freedom` are their degrees of freedom, 0 where there is nothing to estimate from.
    """

    run: np.ndarray
    run_freedom: np.ndarray
    overlap: np.ndarray
    rest: np.ndarray
    rest_freedom: np.ndarray

    @property
    def run_variance(self) -> np.ndarray:
        """Variance of a run, below 0 where the true one is near 0; NaN where it cannot be estimated."""
        return np.where(self.run_freedom > 0, self.run - self.overlap * self.rest, np.nan)


def run_moments(sample: Sample) -> RunMoments:
    """Mean squares of the runs of each loss, pooled over folds."""
    c_count, losses, seeds, _ = sample.values.shape
    square, freedom, overlap, rest, rest_freedom = np.zeros((5, c_count, losses))
    for fold in sample.folds:
        block = sample.values[..., fold]
        present = np.isfinite(block).any(-1).sum(-1)  # (C, L) seeds
        weight = np.divide(2.0, present, out=np.zeros(present.shape), where=present > 0)
        for s, t in combinations(range(seeds), 2):
            gap = block[:, :, s] - block[:, :, t]
            known = np.isfinite(gap)
            n = known.sum(-1)
            filled = np.where(known, gap, 0.0)
            mean = filled.sum(-1) / np.maximum(n, 1)
            within = np.where(known, gap - mean[..., None], 0.0)
            pair = weight * (n > 0)
            square += pair * mean**2 / 2
            freedom += pair
            overlap += pair / np.maximum(n, 1)
            rest += weight * (within**2).sum(-1) / 2
            rest_freedom += pair * (n - 1)
    return RunMoments(
        run=_over(square, freedom),
        run_freedom=freedom,
        overlap=_over(overlap, freedom),
        rest=_over(rest, rest_freedom),
        rest_freedom=rest_freedom,
    )


def run_deviations(sample: Sample, moments: RunMoments) -> np.ndarray:
    """Deviations (C, L, F S) of run means from those of their fold, of which the squares sum to `moments.run`.

    They carry how the criteria go together from run to run.
    """
    c_count, losses = sample.values.shape[:2]
    out = []
    for fold in sample.folds:
        block = sample.values[..., fold]
        known = np.isfinite(block)
        count = known.sum(2, keepdims=True)
        level = np.where(known, block, 0.0).sum(2, keepdims=True) / np.maximum(count, 1)
        apart = np.where(known, block - level, 0.0)
        out.append(apart.sum(-1) / np.maximum(known.sum(-1), 1))
    flat = np.stack(out, 2).reshape(c_count, losses, -1)
    total = (flat**2).sum(-1, keepdims=True)
    return flat * np.sqrt(_over(np.broadcast_to(moments.run[..., None], total.shape), total))


def _over(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros(np.shape(bottom)), where=bottom > 1e-300)
