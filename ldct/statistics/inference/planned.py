"""Power of a planned comparison of two losses, by the engine's own rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ldct.statistics.inference.components import Components
from ldct.statistics.policy.thresholds import FOLDS_APART, LEAST_FOLDS_AS_REPLICATES, LEAST_PATIENTS, LEAST_RUN_FREEDOM

# Imagined studies behind one power, and behind one of the powers of an interval.
STUDIES = 4000
STUDIES_OF_INTERVAL = 300


@dataclass(frozen=True)
class Size:
    """A planned study: folds of equal size, every loss trained with every seed in every fold."""

    patients: int
    folds: int
    seeds: int

    @property
    def patient_freedom(self) -> int:
        return self.patients - self.folds

    @property
    def run_freedom(self) -> int:
        return self.folds * (self.seeds - 1)

    @property
    def refusal(self) -> str:
        """Why the policy gives such a study no verdict whatever the effect; '' where it can give one."""
        if self.patients < LEAST_PATIENTS:
            return f"{self.patients} patients: it takes {LEAST_PATIENTS}"
        if self.seeds < 2 and self.folds < LEAST_FOLDS_AS_REPLICATES:
            return f"one training a loss and fold: it takes two seeds or {LEAST_FOLDS_AS_REPLICATES} folds"
        if self.seeds > 1 and self.run_freedom < LEAST_RUN_FREEDOM:
            return "too few trainings: it takes a third seed or a second fold"
        if self.patient_freedom < 1:
            return "at most one patient a fold"
        return ""


def power(
    parts: Components, effect: float, patients: int, folds: int, seeds: int, *, tests: int = 1, alpha: float = 0.05
) -> float:
    """Chance that a difference of two losses of `effect` (goodness) is told apart in a study of this size.

    At level alpha / tests (Bonferroni, which errs to the low side); 0 where the policy allows no verdict, NaN where the
    components could not be told. Raises ValueError for a design without patients, folds or seeds.
    """
    if min(patients, folds, seeds, tests) < 1:
        raise ValueError("power needs at least one patient, fold, seed and test")
    inner, run = np.array([parts.patient_loss]), np.array([parts.run])
    rng = np.random.default_rng(0)
    return float(_powers(inner, run, parts.rest, effect, Size(patients, folds, seeds), alpha / tests, STUDIES, rng)[0])


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

    The mean squares of patients and of runs are drawn as their chi-squared distributions allow, so that a component
    that came out as 0 is not taken for none; that of the rest, with far more degrees of freedom, stands.
    """
    if parts.run_freedom < 1 or parts.patient_freedom < 1 or not parts.told:
        return None
    rng = np.random.default_rng(seed)
    rest = parts.rest if np.isfinite(parts.rest) else 0.0
    in_patients, in_runs = rest / parts.seeds, rest * parts.overlap
    of_patients = (parts.patient_loss + in_patients) * parts.patient_freedom
    of_runs = (parts.run + in_runs) * parts.run_freedom
    inner = of_patients / rng.chisquare(parts.patient_freedom, draws) - in_patients
    run = of_runs / rng.chisquare(parts.run_freedom, draws) - in_runs
    size = Size(patients, folds, seeds)
    drawn = _powers(inner, run, rest, effect, size, alpha / tests, STUDIES_OF_INTERVAL, rng)
    low, high = np.nanquantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _powers(
    patient_loss: np.ndarray,
    run: np.ndarray,
    rest: float,
    effect: float,
    size: Size,
    level: float,
    studies: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Powers (V,) for arrays of variances (V,). Of imagined studies the mean squares are drawn; the chance that the
    estimate, which is independent of them, passes their critical value is the normal one."""
    if size.refusal:
        return np.zeros(len(patient_loss))
    told = np.isfinite(patient_loss) & np.isfinite(run)
    rest = max(rest, 0.0) if np.isfinite(rest) else 0.0
    inner, run = (np.maximum(np.nan_to_num(x), 0.0)[:, None] for x in (patient_loss, run))
    variance, freedom = _variance_and_freedom(inner, run, rest, size, studies, rng)
    reach = stats.t.isf(level / 2, freedom) * np.sqrt(variance)
    true = np.sqrt(_true_variance(inner, run, rest, size))
    with np.errstate(divide="ignore", invalid="ignore"):
        passed = stats.norm.sf((reach - abs(effect)) / true) + stats.norm.cdf((-reach - abs(effect)) / true)
    passed = np.where(true > 0, passed, float(effect != 0)).mean(1)
    return np.where(told, passed, np.nan)


def _true_variance(inner: np.ndarray, run: np.ndarray, rest: float, size: Size) -> np.ndarray:
    p, f, s = size.patients, size.folds, size.seeds
    return 2 * (inner + rest / s) / p + 2 * run / (f * s)


def _variance_and_freedom(
    inner: np.ndarray, run: np.ndarray, rest: float, size: Size, studies: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(V, studies): what `ldct.statistics.inference.contrasts` would find in imagined studies without gaps."""
    p, f, s = size.patients, size.folds, size.seeds
    shape = (1, studies)
    of_folds = _true_variance(inner, run, rest, size) * _mean_square(rng, max(f - 1, 1), shape)
    if s < 2:
        return of_folds, np.full(of_folds.shape, f - 1.0)
    nu, run_nu, rest_nu = size.patient_freedom, size.run_freedom, max((p - f) * (s - 1), 1)
    of_patients = 2 * (inner + rest / s) / p * _mean_square(rng, nu, shape)
    of_run = [(run + rest * f / p) / (f * s) * _mean_square(rng, run_nu, shape) for _ in range(2)]
    of_rest = [rest / (p * s) * _mean_square(rng, rest_nu, shape) for _ in range(2)]
    of_runs = of_run[0] + of_run[1]
    variance = np.maximum(of_patients + of_runs - sum(of_rest), np.maximum(of_patients, of_runs))
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = of_patients**2 / nu + sum(x**2 for x in of_run) / run_nu + sum(x**2 for x in of_rest) / rest_nu
        common = (of_patients + of_runs) ** 2 / (of_patients**2 / nu + of_runs**2 / (2 * run_nu))
        freedom = np.fmin(variance**2 / scale, common)
    freedom = np.clip(np.where(np.isfinite(freedom), freedom, nu), min(nu, run_nu), nu + 2 * run_nu)
    if f < LEAST_FOLDS_AS_REPLICATES:
        return variance, freedom
    # Where folds happen to differ by more than this, the engine takes them as the replicates.
    limit = stats.f.isf(FOLDS_APART, f - 1, np.maximum(np.where(np.isfinite(common), common, nu), 1.0))
    apart = (variance > 0) & (of_folds >= limit * variance)
    return np.where(apart, of_folds, variance), np.where(apart, f - 1.0, freedom)


def _mean_square(rng: np.random.Generator, freedom: int, shape: tuple[int, int]) -> np.ndarray:
    return rng.chisquare(freedom, shape) / freedom
