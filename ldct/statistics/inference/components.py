"""Variance components of a paired comparison of losses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ldct.statistics.inference.contrasts import contrasts, pair_weights
from ldct.statistics.inference.moments import run_moments
from ldct.statistics.inference.sample import Sample


@dataclass(frozen=True)
class Components:
    """Variances, in squared goodness, that the difference of two losses meets: each of one loss.

    `patient_loss`: how a patient's answer to a loss differs from the mean; `run`: from training to training; `rest`: of
    a patient in a run beyond both. `patient`: between patients, which a paired difference does not meet. Of a pilot:
    `seeds`, and `overlap`, the mean of 1 / patients of a fold, by which its mean squares of patients and of runs hold
    `rest`; stated components have none of it.
    """

    patient: float
    patient_loss: float
    run: float
    rest: float
    patient_freedom: float
    run_freedom: float
    seeds: float = np.inf
    overlap: float = 0.0

    @property
    def told(self) -> bool:
        """Whether patients and trainings could be told apart."""
        return bool(np.isfinite(self.patient_loss) and np.isfinite(self.run))


def components(sample: Sample) -> list[Components]:
    """Components of each criterion, pooled over losses; NaN where they cannot be told. Below 0 where near 0.

    From the mean squares that the contrasts use. A difference of two losses has twice `patient_loss`, `run` and `rest`.
    """
    moments = run_moments(sample)
    pairs = contrasts(sample, pair_weights(sample.losses))
    out = []
    for c in range(len(sample.values)):
        nu = moments.run_freedom[c]
        told = nu.sum() > 0
        run = float(np.average(moments.run_variance[c][nu > 0], weights=nu[nu > 0])) if told else np.nan
        rest_nu = moments.rest_freedom[c]
        rest = float(np.average(moments.rest[c], weights=rest_nu)) if rest_nu.sum() > 0 else np.nan
        n = pairs.patients[c]
        used = n > pairs.folds[c]
        # The mean square of patients holds the rest over the seeds that were averaged.
        between = float((pairs.of_patients[c] * n)[used].mean()) / 2 if used.any() else np.nan
        seeds = float(np.isfinite(sample.values[c]).sum(1)[np.isfinite(sample.values[c]).any(1)].mean())
        mean = _patient_level(sample, c)
        level = float(mean.var(ddof=1)) if len(mean) > 1 else np.nan
        inner = between - (rest / seeds if np.isfinite(rest) else 0.0)
        out.append(
            Components(
                patient=level - between / sample.losses,
                patient_loss=inner,
                run=run,
                rest=rest,
                patient_freedom=float(max(len(mean) - len(sample.folds), 0) * (sample.losses - 1)),
                run_freedom=float(nu.sum()),
                seeds=seeds,
                overlap=float(np.average(moments.overlap[c][nu > 0], weights=nu[nu > 0])) if told else 0.0,
            )
        )
    return out


def _patient_level(sample: Sample, c: int) -> np.ndarray:
    """Means over losses and seeds of the patients that every loss has."""
    values = sample.values[c]
    known = np.isfinite(values)
    by_loss = np.where(known, values, 0.0).sum(1) / np.maximum(known.sum(1), 1)
    return by_loss[:, known.any(1).all(0)].mean(0)
