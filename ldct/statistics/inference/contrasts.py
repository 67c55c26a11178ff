"""Contrasts of losses with trainings as a random factor: estimate, variance, degrees of freedom.

Patients and runs are both random: y[p, s] of loss l is level + patient + patient x loss + run(l, fold, s) + rest. For a
contrast with coefficients k, d[p] = sum k[l] y[l, p] (mean over seeds) and the estimate is the mean of d over patients.
Its variance is the sum of three mean squares, each from within folds: that of patients d, that of the runs of each
loss, less that of the rest, which both hold. The runs of two losses are taken as independent: were the same seed of
both alike, the variance would be too large, never too small.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from ldct.statistics.inference.moments import RunMoments, run_moments
from ldct.statistics.inference.profile import noise_profile
from ldct.statistics.inference.sample import Sample
from ldct.statistics.policy.thresholds import FOLDS_APART, LEAST_FOLDS_AS_REPLICATES, LEAST_RUN_FREEDOM

# How the variance was found: patients and runs apart, folds as replicates, or not at all.
BY_RUNS, BY_FOLDS, BY_NOTHING = 2, 1, 0


@dataclass(frozen=True)
class Contrasts:
    """Results of J contrasts by C criteria; all arrays (C, J) unless said otherwise.

    `method` is BY_RUNS, BY_FOLDS or BY_NOTHING (then `variance` and `freedom` are NaN). `of_patients` and `of_runs` are
    the parts of the variance that are mean squares of patients and of runs; both hold `of_rest`, so once is taken off.
    Scalar products of the rows of `profile` (C, K) are the correlations of the criteria's noise.
    """

    weights: np.ndarray  # (J, L)
    estimate: np.ndarray
    variance: np.ndarray
    freedom: np.ndarray
    method: np.ndarray
    patients: np.ndarray
    folds: np.ndarray
    runs: np.ndarray  # runs behind the contrast, of all its losses
    least_runs: np.ndarray  # fewest runs in a fold of one of its losses
    of_patients: np.ndarray
    of_runs: np.ndarray
    of_rest: np.ndarray
    profile: np.ndarray  # (C, K)

    @property
    def error(self) -> np.ndarray:
        """Standard error."""
        return np.sqrt(self.variance)

    def t(self, value: float | np.ndarray = 0.0) -> np.ndarray:
        """(estimate - value) / error; 0 where both are 0, NaN where there is no error to divide by."""
        gap = self.estimate - value
        out = np.divide(gap, self.error, out=np.full(gap.shape, np.nan), where=self.error > 0)
        return np.where((self.variance == 0) & (gap == 0), 0.0, out)

    def p(self, value: float | np.ndarray = 0.0) -> np.ndarray:
        """Two-sided p that the contrast is `value`; 1 where the engine has no answer."""
        p = 2 * stats.t.sf(np.abs(self.t(value)), self.freedom)
        return np.where(np.isfinite(p), p, 1.0)

    def p_above(self, value: float | np.ndarray) -> np.ndarray:
        """One-sided p of the null that the contrast is at most `value`; 1 where there is no answer."""
        p = stats.t.sf(self.t(value), self.freedom)
        sure = (self.variance == 0) & (self.estimate > value)
        return np.where(sure, 0.0, np.where(np.isfinite(p), p, 1.0))

    def p_within(self, margin: float | np.ndarray) -> np.ndarray:
        """p of two one-sided tests that the contrast lies within -margin and margin (Schuirmann 1987)."""
        margin = np.broadcast_to(margin, self.estimate.shape)
        return np.maximum(self.p_above(-margin), self.turned().p_above(-margin))

    def interval(self, confidence: float, tests: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Two-sided interval, by Bonferroni for `tests` of them at once."""
        reach = stats.t.isf((1 - confidence) / 2 / tests, self.freedom) * self.error
        reach = np.where(self.variance == 0, 0.0, reach)
        return self.estimate - reach, self.estimate + reach

    def turned(self) -> Contrasts:
        """The contrasts the other way round."""
        return replace(self, weights=-self.weights, estimate=-self.estimate)


def pair_weights(losses: int) -> np.ndarray:
    """(L (L - 1) / 2, L): every first loss minus every later one."""
    first, second = np.triu_indices(losses, 1)
    return np.eye(losses)[first] - np.eye(losses)[second]


def reference_weights(losses: int, reference: int) -> np.ndarray:
    """(L - 1, L): every other loss minus the reference."""
    others = [i for i in range(losses) if i != reference]
    return np.eye(losses)[others] - np.eye(losses)[reference]


def gain_weights(losses: int) -> np.ndarray:
    """(L, L + 1): every loss against none, which comes last."""
    return np.concatenate([np.eye(losses), -np.ones((losses, 1))], 1)


def rest_weights(losses: int, complete: np.ndarray) -> np.ndarray:
    """(L, L): every loss minus the mean of the other losses, of those marked `complete` (L,) only.

    An incomplete loss takes no patient from the others this way. With two losses there is one contrast.
    """
    rows = []
    for loss in range(losses if losses > 2 else 1):
        others = [i for i in range(losses) if i != loss and complete[i]] or [i for i in range(losses) if i != loss]
        row = np.eye(losses)[loss]
        row[others] -= 1 / len(others)
        rows.append(row)
    return np.array(rows).reshape(-1, losses)


def contrasts(sample: Sample, weights: np.ndarray) -> Contrasts:
    """Contrasts with coefficients `weights` (J, L), each row summing to 0, on the patients that have all its losses."""
    weights = np.asarray(weights, float)
    moments = run_moments(sample)
    known = np.isfinite(sample.values)
    count = known.sum(2)  # (C, L, P)
    mean = np.where(known, sample.values, 0.0).sum(2) / np.maximum(count, 1)
    used = (weights != 0).astype(float)
    has = np.einsum("jl,clp->cjp", used, (count == 0).astype(float)) == 0  # (C, J, P)
    d = np.where(has, np.einsum("jl,clp->cjp", weights, np.where(count > 0, mean, 0.0)), 0.0)
    # Sums of float products leave dust where losses are copies of each other.
    dust = 1e-12 * np.einsum("jl,clp->cjp", np.abs(weights), np.abs(mean))
    d = np.where(np.abs(d) <= dust, 0.0, d)
    n = has.sum(-1)
    estimate = np.where(n > 0, d.sum(-1) / np.maximum(n, 1), np.nan)
    per_seed = np.divide(known, count[:, :, None], out=np.zeros(known.shape), where=count[:, :, None] > 0)

    c_count, j_count = n.shape
    losses = sample.losses
    square, freedom, folds = np.zeros((3, c_count, j_count))
    k_run, k_rest, g_run, h_rest, runs = np.zeros((5, losses, c_count, j_count))
    fewest = np.full((c_count, j_count), np.inf)
    deviation = np.zeros(d.shape)
    fold_mean = []
    for fold in sample.folds:
        inside, size = has[..., fold], has[..., fold].sum(-1)
        level = d[..., fold].sum(-1) / np.maximum(size, 1)
        deviation[..., fold] = np.where(inside, d[..., fold] - level[..., None], 0.0)
        square += (deviation[..., fold] ** 2).sum(-1)
        freedom += np.maximum(size - 1, 0)
        folds += size > 0
        fold_mean.append((level, size))
        mask = inside.astype(float)
        for loss in range(losses):
            times = weights[None, :, loss] ** 2
            share = per_seed[:, loss][..., fold]  # (C, S, n)
            total = np.einsum("cjp,csp->cjs", mask, share)
            per_patient = np.divide(1.0, count[:, loss, fold], out=np.zeros(share[:, 0].shape), where=share.any(1))
            rest = np.einsum("cjp,cp->cj", mask, per_patient)
            k_run[loss] += times * (total**2).sum(-1)
            k_rest[loss] += times * rest
            several = size > 1
            spread = np.einsum("cjp,csp->cj", mask, share**2) - (total**2).sum(-1) / np.maximum(size, 1)
            g_run[loss] += times * np.where(several, spread, 0.0)
            h_rest[loss] += times * np.where(several, rest * (1 - 1 / np.maximum(size, 1)), 0.0)
            here = (total > 0).sum(-1)
            runs[loss] += here * (times > 0)
            fewest = np.where((times > 0) & (size > 0), np.minimum(fewest, here), fewest)

    by_runs = _by_runs(moments, square, freedom, n, k_run, k_rest, g_run, h_rest)
    needed = np.where(used[None] > 0, moments.run_freedom[:, None, :], np.inf).min(-1)
    method = np.where((freedom > 0) & (needed >= LEAST_RUN_FREEDOM), BY_RUNS, BY_NOTHING)
    method = np.where((method == BY_NOTHING) & (folds >= LEAST_FOLDS_AS_REPLICATES), BY_FOLDS, method)
    fold_variance = _by_folds(estimate, fold_mean)
    apart = _folds_apart(
        fold_variance, folds, by_runs, (method == BY_RUNS) & (folds >= LEAST_FOLDS_AS_REPLICATES), weights
    )
    method = np.where(apart & (folds >= LEAST_FOLDS_AS_REPLICATES), BY_FOLDS, method)
    variance = np.select([method == BY_RUNS, method == BY_FOLDS], [by_runs.variance, fold_variance], np.nan)
    copies = (n > 0) & (d == 0).all(-1)
    variance = np.where(copies & (method != BY_NOTHING), 0.0, variance)
    t_freedom = np.select([method == BY_RUNS, method == BY_FOLDS], [by_runs.freedom, folds - 1], np.nan)

    return Contrasts(
        weights=weights,
        estimate=estimate,
        variance=variance,
        freedom=t_freedom,
        method=method,
        patients=n,
        folds=folds.astype(int),
        runs=runs.sum(0).astype(int),
        least_runs=np.where(np.isfinite(fewest), fewest, 0).astype(int),
        of_patients=by_runs.of_patients,
        of_runs=by_runs.of_runs,
        of_rest=by_runs.of_rest,
        profile=noise_profile(sample, moments, by_folds=bool((method == BY_FOLDS).any())),
    )


@dataclass(frozen=True)
class _Parts:
    variance: np.ndarray
    freedom: np.ndarray
    of_patients: np.ndarray
    of_runs: np.ndarray
    of_rest: np.ndarray
    common: np.ndarray  # degrees of freedom by the shares of all contrasts


def _by_runs(
    moments: RunMoments,
    square: np.ndarray,
    freedom: np.ndarray,
    n: np.ndarray,
    k_run: np.ndarray,
    k_rest: np.ndarray,
    g_run: np.ndarray,
    h_rest: np.ndarray,
) -> _Parts:
    """Variance of the mean over patients from sums of squares and the coefficients of runs and rest in them."""
    size, nu = np.maximum(n, 1), np.maximum(freedom, 1)
    run, rest, overlap = (x.T[:, :, None] for x in (moments.run, moments.rest, moments.overlap))
    k_run, k_rest = k_run / size**2, k_rest / size**2
    of_patients = square / nu / size
    a_run = np.maximum(k_run - g_run / nu / size, 0.0)
    a_rest = k_rest - k_run * overlap - (h_rest - g_run * overlap) / nu / size
    of_run, of_rest = a_run * run, a_rest * rest
    of_runs, less = of_run.sum(0), -of_rest.sum(0)
    variance = np.maximum(of_patients + of_runs - less, np.maximum(of_patients, of_runs))
    run_nu, rest_nu = (np.maximum(x.T[:, :, None], 1e-9) for x in (moments.run_freedom, moments.rest_freedom))
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = of_patients**2 / nu + (of_run**2 / run_nu).sum(0)
        scale = scale + np.where(rest > 0, of_rest**2 / rest_nu, 0.0).sum(0)
        t_freedom = variance**2 / scale
        # A part that happens to come out small must not lend its degrees to the rest, so the shares of all contrasts of
        # a criterion have a say too: small p are two to three times too small otherwise.
        here = n > 0
        patients_share, runs_share = (_mean_where(part, here) for part in (of_patients, of_runs))
        effective = a_run.sum(0) ** 2 / (a_run**2 / run_nu).sum(0)
        common = (patients_share + runs_share) ** 2 / (patients_share**2 / nu + runs_share**2 / effective)
        t_freedom = np.fmin(t_freedom, common)
    least = np.where(of_run > 0, np.broadcast_to(run_nu, of_run.shape), np.inf).min(0)
    most = nu + np.where(of_run > 0, run_nu, 0.0).sum(0)
    t_freedom = np.clip(np.where(np.isfinite(t_freedom), t_freedom, nu), np.minimum(nu, least), most)
    return _Parts(variance, t_freedom, of_patients, of_runs, less, np.where(np.isfinite(common), common, nu))


def _by_folds(estimate: np.ndarray, fold_mean: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Variance of the mean over patients with the means of folds as replicates."""
    level = np.stack([mean for mean, _ in fold_mean], -1)
    size = np.stack([count for _, count in fold_mean], -1)
    w = size / np.maximum(size.sum(-1, keepdims=True), 1)
    deviation = np.where(size > 0, w * (level - estimate[..., None]), 0.0)
    q = (w**2).sum(-1)
    expected = q - 2 * (w**3).sum(-1) + q**2
    return (deviation**2).sum(-1) * np.divide(q, expected, out=np.zeros(q.shape), where=expected > 1e-12)


def _folds_apart(
    fold_variance: np.ndarray, folds: np.ndarray, parts: _Parts, asked: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """(C, 1) whether the folds differ by more than their patients and runs explain, over all contrasts together.

    What a fold's training set adds to a loss is no noise of runs; where it shows, the folds are the replicates.
    """
    # Contrasts that share losses are worth fewer than their number.
    shared = weights @ weights.T
    rank = np.trace(shared) ** 2 / (shared**2).sum()
    between, within = (_mean_where(part, asked) for part in (fold_variance, parts.variance))
    nu_between = (_mean_where(folds - 1.0, asked)) * rank
    nu_within = np.maximum(_mean_where(parts.common, asked) * rank, 1.0)
    ratio = np.divide(between, within, out=np.zeros(within.shape), where=within > 0)
    return (ratio > 0) & (stats.f.sf(ratio, np.maximum(nu_between, 1), nu_within) <= FOLDS_APART)


def _mean_where(values: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Mean over the last axis of the values marked, as an array that broadcasts."""
    return np.where(here, values, 0.0).sum(-1, keepdims=True) / np.maximum(here.sum(-1, keepdims=True), 1)
