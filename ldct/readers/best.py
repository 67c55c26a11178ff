"""Multiple comparisons with the best: which of several dependent estimates cannot be told from the highest."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ldct.readers.jackknife import Replicates


@dataclass(frozen=True)
class WithTheBest:
    """For each of K estimates: difference to the best of the others, its simultaneous bounds, and p.

    p (K,) is that of 'as good as the best'. p_pair (K, K) is the two-sided p of each pair alone. NaN where no standard
    error exists.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    p_pair: np.ndarray


def with_the_best(
    estimates: Replicates,
    draws: int,
    level: float,
    rng: np.random.Generator,
    back: Callable[[np.ndarray], np.ndarray] | None = None,
) -> WithTheBest:
    """Compare K >= 2 dependent estimates with the best of them; the best is sought anew in every draw.

    estimates: replicates of the K x K differences 'row less column', flattened to the last axis. back: takes (K, K)
    differences to the unit in which value and bounds are wanted; it must grow and keep 0.

    Studentised differences under equality are drawn from the normal distribution that patients and readers span, each
    read on the scale of its own Student's t. Bounds are Hsu's constrained ones (1984, Ann. Stat. 12:1136; Edwards & Hsu
    1983, JASA 78:965), with the critical value of all ordered pairs: so of equally good estimates any is called worse
    at the rate `level`, which the critical value of comparisons with one given best would not do. p steps down over
    the estimates that remain, as in the model confidence set (Hansen, Lunde & Nason 2011, Econometrica 79:453).
    """
    count = math.isqrt(estimates.whole.shape[-1])
    difference = estimates.whole.reshape(count, count)
    error, degrees = (part.reshape(count, count) for part in estimates.error(pooled=True))
    back = back or (lambda values: values)
    pairs = ~np.eye(count, dtype=bool)
    value = np.where(pairs & np.isfinite(difference), back(difference), np.inf).min(1)
    # A pair without a standard error says nothing; an estimate without any pair is not compared.
    usable = pairs & np.isfinite(error)
    alone = ~usable.any(1)
    error, degrees = np.where(usable, error, np.inf), np.where(usable, degrees, 1.0)
    # Estimates that move together in every sample differ for sure, unless they are the same.
    same = np.abs(difference) <= 1e-9
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(same | ~usable, 0.0, difference / np.where(error > 1e-12, error, 0.0))
    drawn = _draws(estimates, draws, rng).reshape(draws, count, count)
    tail = stats.norm.sf(np.quantile(drawn.max((1, 2)), 1 - level))
    reach = np.where(error > 1e-12, stats.t.isf(tail, degrees) * error, 0.0)
    with np.errstate(invalid="ignore"):
        lower = np.where(usable, back(difference - reach), -np.inf)
        upper = np.where(usable, back(difference + reach), np.inf)
    low, high = _bounds(lower, upper, pairs)
    p, p_pair = (
        _step_down(_normal_of_t(t, degrees), drawn),
        np.where(usable, 2 * stats.t.sf(np.abs(t), degrees), np.nan),
    )
    low, high, p, value = (np.where(alone, np.nan, part) for part in (low, high, p, value))
    return WithTheBest(value, low, high, p, p_pair)


def _normal_of_t(t: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Normal deviates with the tail probabilities of Student's `t`."""
    z = -stats.norm.ppf(stats.t.sf(np.abs(t), degrees))
    return np.sign(t) * np.minimum(np.maximum(z, 0.0), 40.0)


def _draws(replicates: Replicates, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Studentised differences under equality (draws, K * K): normal multipliers of what each patient and reader adds.

    n replicates span no more than n - 1 directions, which would make many comparisons look like few. So a share 2 / n
    of each part's variance is that of independent estimates of equal variance.
    """
    pairs = replicates.patients.shape[1]
    count = math.isqrt(pairs)
    total, variance = np.zeros((draws, pairs)), np.zeros(pairs)
    for part in (replicates.patients, replicates.readers):
        if part is None:
            continue
        n = len(part)
        deviation = _centred(part) * np.sqrt((n - 1) / n)
        share = 2 / n
        own = deviation.var(0) * n
        total += np.sqrt(1 - share) * rng.standard_normal((draws, n)) @ deviation
        variance += (1 - share) * own
        equal = own.sum() / max(count * (count - 1), 1)
        free = np.sqrt(share * equal / 2) * rng.standard_normal((draws, count))
        total += (free[:, :, None] - free[:, None, :]).reshape(draws, pairs)
        variance += share * equal
    spread = np.where(np.eye(count, dtype=bool).ravel(), 0.0, np.sqrt(variance))
    return np.divide(total, spread, out=np.zeros_like(total), where=spread > 1e-12)


def _centred(part: np.ndarray) -> np.ndarray:
    """Replicates less their mean, 0 where there is none."""
    finite = np.isfinite(part)
    mean = np.where(finite, part, 0.0).sum(0) / np.maximum(finite.sum(0), 1)
    return np.where(finite, part - mean, 0.0)


def _bounds(lower: np.ndarray, upper: np.ndarray, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Constrained bounds of each estimate less the best of the others, from those of the pairs (K, K)."""
    high = np.maximum(np.where(pairs, upper, np.inf).min(1), 0.0)
    rivals = pairs & (high > 0)[None, :]
    low = np.where(rivals, lower, np.inf).min(1)
    return np.where(np.isfinite(low), np.minimum(low, 0.0), 0.0), high


def _step_down(z: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """p of 'as good as the best': the worst of those that remain is tested, and leaves."""
    remain = list(range(len(z)))
    p, floor = np.ones(len(z)), 0.0
    while len(remain) > 1:
        inside = np.ix_(remain, remain)
        behind = z[inside].max(0)
        largest = drawn[:, remain][:, :, remain].max((1, 2))
        floor = max(floor, ((largest >= behind.max()).sum() + 1) / (len(drawn) + 1))
        worst = remain[int(behind.argmax())]
        p[worst] = floor
        remain.remove(worst)
    return p
