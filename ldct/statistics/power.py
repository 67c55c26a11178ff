"""How many patients would tell an effect like the observed one; see `ldct.planning` for an effect that is named."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

TARGET = 0.8
SIZES = (6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200, 300, 500)


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
