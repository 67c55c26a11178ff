"""How many patients would do: power by simulation."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy import stats

TARGET = 0.8
SIZES = (6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200, 300, 500)


class WilcoxonPower:
    """Power of a two-sided signed-rank test at level `alpha` for normal differences of a standardised effect.

    Simulated once on a grid of effects; the exact null is used up to 50 patients and the normal one beyond.
    """

    effects = np.array([0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0])

    def __init__(self, alpha: float, rng: np.random.Generator, studies: int = 400):
        self.alpha = alpha
        self.power = np.array([[self._power(size, effect, rng, studies) for effect in self.effects] for size in SIZES])
        # Power grows with the effect; simulation noise must not make it dip.
        self.power = np.maximum.accumulate(self.power, axis=1)

    def _power(self, size: int, effect: float, rng: np.random.Generator, studies: int) -> float:
        if 2.0 ** (1 - size) > self.alpha:
            return 0.0
        sample = rng.normal(effect, 1, (studies, size))
        rank = np.abs(sample).argsort(1).argsort(1) + 1
        plus = (rank * (sample > 0)).sum(1)
        critical = _critical_value(size, self.alpha)
        return float((np.minimum(plus, size * (size + 1) // 2 - plus) <= critical).mean())

    def at(self, effect: float) -> np.ndarray:
        """Power at each of SIZES for a standardised effect of at least 0."""
        return np.array([np.interp(effect, self.effects, row) for row in self.power])

    def patients_needed(self, effect: float) -> int | None:
        """Fewest patients with 80 % power; None where 500 do not suffice."""
        return fewest(dict(zip(SIZES, self.at(effect), strict=True)))


@lru_cache(maxsize=8)
def wilcoxon_power(alpha: float, seed: int) -> WilcoxonPower:
    """The table of a level, simulated once in a process."""
    return WilcoxonPower(alpha, np.random.default_rng(seed))


def _critical_value(size: int, alpha: float) -> int:
    """Greatest T with P(min(W+, W-) <= T) <= alpha under the null; -1 where there is none."""
    if size <= 50:
        ways = np.zeros(size * (size + 1) // 2 + 1)
        ways[0] = 1.0
        for rank in range(1, size + 1):
            shifted = np.zeros_like(ways)
            shifted[rank:] = ways[:-rank]
            ways = (ways + shifted) / 2
        return int(np.searchsorted(2 * np.cumsum(ways), alpha * (1 + 1e-12), side="right")) - 1
    mean, variance = size * (size + 1) / 4, size * (size + 1) * (2 * size + 1) / 24
    return int(np.floor(mean + stats.norm.ppf(alpha / 2) * np.sqrt(variance) - 0.5))


def fewest(power: dict[int, float], target: float = TARGET) -> int | None:
    """Fewest patients from which on every larger size has the target power."""
    sizes = sorted(power)
    for i, size in enumerate(sizes):
        if all(power[later] >= target for later in sizes[i:]):
            return size
    return None


def verdict_power(
    statistic: Callable[[np.ndarray], np.ndarray],
    patients: int,
    threshold: float,
    confidence: float,
    rng: np.random.Generator,
    other_sd: float = 0.0,
    studies: int = 300,
) -> dict[int, float]:
    """Power of an interval-based verdict at each of SIZES, for an effect like the observed one.

    `statistic` maps patient weights (studies, patients) that sum to the size of a study to the effect of each.
    Imagined studies draw patients from the observed ones. One such study's interval is taken as wide as the spread of
    the effect between studies of its size, by Student's t; it reaches a verdict where the interval leaves out the
    threshold. `other_sd` is the part of the spread that more patients do not lessen. Rough by nature: patients unlike
    those observed cannot be imagined from them.
    """
    power = {}
    if patients < 2:
        return power
    chance = np.full(patients, 1 / patients)
    for size in SIZES:
        weights = rng.multinomial(size, chance, size=studies).astype(float)
        effect = statistic(weights)
        effect = effect[np.isfinite(effect)]
        if len(effect) < studies // 2:
            continue
        # Drawing from n patients has (n - 1) / n of the variance of drawing from their population.
        sd = effect.std(ddof=1) * np.sqrt(patients / (patients - 1))
        effect = effect.mean() + (effect - effect.mean()) * np.sqrt(patients / (patients - 1))
        effect = effect + rng.normal(0.0, 1.0, len(effect)) * other_sd
        reach = stats.t.ppf((1 + confidence) / 2, size - 1) * np.hypot(sd, other_sd)
        power[size] = float((np.abs(effect - threshold) > reach).mean())
    return power
