"""Variance components of a paired comparison of losses, and the power of a study planned from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ldct.statistics.inference.contrasts import contrasts, pair_weights
from ldct.statistics.inference.moments import run_moments
from ldct.statistics.inference.sample import Sample
from ldct.statistics.policy import LEAST_FOLDS_AS_REPLICATES, LEAST_PATIENTS


@dataclass(frozen=True)
class Components:
    """Variances, in squared goodness, that the difference of two losses meets: each of one loss.

    `patient_loss`: how a patient's answer to a loss differs from the mean; `run`: from training to training; `rest`: of
    a patient in a run beyond both. `patient`: between patients, which a paired difference does not meet.
    """

    patient: float
    patient_loss: float
    run: float
    rest: float
    patient_freedom: float
    run_freedom: float


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
            )
        )
    return out


def _patient_level(sample: Sample, c: int) -> np.ndarray:
    """Means over losses and seeds of the patients that every loss has."""
    values = sample.values[c]
    known = np.isfinite(values)
    by_loss = np.where(known, values, 0.0).sum(1) / np.maximum(known.sum(1), 1)
    return by_loss[:, known.any(1).all(0)].mean(0)


def error_of_difference(parts: Components, patients: int, folds: int, seeds: int) -> tuple[float, float]:
    """Standard error of a difference of two losses in a planned study, and its degrees of freedom (NaN for none)."""
    inner, run, rest = (max(x, 0.0) if np.isfinite(x) else 0.0 for x in (parts.patient_loss, parts.run, parts.rest))
    if seeds < 2:
        if folds < LEAST_FOLDS_AS_REPLICATES:
            return np.nan, np.nan
        variance = 2 * (inner + rest) / patients + 2 * run / folds
        return float(np.sqrt(variance)), folds - 1.0
    size = patients / folds
    of_patients = 2 * (inner + rest / seeds) / patients
    of_runs = 2 * (run + rest / size) / (folds * seeds)
    variance = of_patients + of_runs - 2 * rest / (patients * seeds)
    nu_patients, nu_runs = patients - folds, 2 * folds * (seeds - 1)
    if nu_patients < 1:
        return np.nan, np.nan
    freedom = (of_patients + of_runs) ** 2 / (of_patients**2 / nu_patients + of_runs**2 / nu_runs)
    return float(np.sqrt(variance)), float(freedom)


def power(
    parts: Components, effect: float, patients: int, folds: int, seeds: int, *, tests: int = 1, alpha: float = 0.05
) -> float:
    """Chance that a difference of two losses of `effect` (goodness) is told apart in a study of this size.

    By the noncentral t at level alpha / tests (Bonferroni, which errs to the low side); 0 where the policy allows no
    verdict. Raises ValueError for a design without patients, folds or seeds.
    """
    if min(patients, folds, seeds, tests) < 1:
        raise ValueError("power needs at least one patient, fold, seed and test")
    error, freedom = error_of_difference(parts, patients, folds, seeds)
    if patients < LEAST_PATIENTS or not np.isfinite(error):
        return 0.0
    if error == 0:
        return 1.0 if effect != 0 else 0.0
    critical = stats.t.isf(alpha / 2 / tests, freedom)
    shift = abs(effect) / error
    return float(stats.nct.sf(critical, freedom, shift) + stats.nct.cdf(-critical, freedom, shift))


def power_interval(
    parts: Components,
    effect: float,
    patients: int,
    folds: int,
    seeds: int,
    *,
    tests: int = 1,
    alpha: float = 0.05,
    confidence: float = 0.9,
    draws: int = 400,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Interval of `power` over what the pilot leaves open about the components; None where it cannot be told.

    The mean squares of patients and of runs are drawn from their chi-squared distributions.
    """
    if parts.run_freedom < 1 or parts.patient_freedom < 1 or not np.isfinite(parts.patient_loss + parts.run):
        return None
    rng = np.random.default_rng(seed)
    drawn = []
    for patient, run in zip(
        parts.patient_freedom / rng.chisquare(parts.patient_freedom, draws),
        parts.run_freedom / rng.chisquare(parts.run_freedom, draws),
        strict=True,
    ):
        likely = Components(
            parts.patient, parts.patient_loss * patient, parts.run * run, parts.rest, *(parts.patient_freedom,) * 2
        )
        drawn.append(power(likely, effect, patients, folds, seeds, tests=tests, alpha=alpha))
    low, high = np.nanquantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
