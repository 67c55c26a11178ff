"""Pairwise choices: how often each loss is preferred, and how strong it is."""

from __future__ import annotations

import numpy as np


def bradley_terry(wins: np.ndarray, iterations: int = 10_000, tolerance: float = 1e-10) -> np.ndarray:
    """Log strengths (K,), mean 0, from `wins` (K, K): how often the row was preferred to the column.

    P(i over j) = s_i / (s_i + s_j), by Hunter's MM algorithm (2004, Ann. Stat. 32:384). Half a win is added in each
    direction of every pair that was compared, so that an unbeaten item stays finite. NaN for items never compared.
    """
    wins = np.asarray(wins, float)
    compared = (wins + wins.T) > 0
    counted = wins + 0.5 * compared
    games = counted + counted.T
    known = compared.any(1)
    strength = np.where(known, 1.0, np.nan)
    index = np.flatnonzero(known)
    g, won, s = games[np.ix_(index, index)], counted[index].sum(1), np.ones(len(index))
    for _ in range(iterations):
        updated = won / (g / (s[:, None] + s[None, :])).sum(1)
        updated /= np.exp(np.log(updated).mean())
        done = np.abs(np.log(updated / s)).max() < tolerance
        s = updated
        if done:
            break
    strength[index] = np.log(s)
    return strength
