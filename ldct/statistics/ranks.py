"""Ranks with ties, Kendall's W and tau-b, for many draws at once."""

from __future__ import annotations

import numpy as np


def ranks(values: np.ndarray) -> np.ndarray:
    """Average ranks along the last axis, 1 for the greatest value (the best goodness); all tied where any is NaN."""
    values = np.asarray(values, float)
    out = np.ones(values.shape)
    for j in range(values.shape[-1]):
        other = values[..., j : j + 1]
        out += (other > values) + 0.5 * (other == values)
    tied = (values.shape[-1] + 1) / 2
    return np.where(np.isnan(values).any(-1, keepdims=True), tied, out - 0.5)


def share_best(values: np.ndarray) -> np.ndarray:
    """Over the first axis, how often each of the last axis is greatest, ties shared."""
    best = values == values.max(-1, keepdims=True)
    return (best / best.sum(-1, keepdims=True)).mean(0)


def kendall_w(rank: np.ndarray) -> np.ndarray:
    """Kendall's coefficient of concordance of `rank` (..., judges, items), corrected for ties: (...).

    W = 12 S / (m^2 (n^3 - n) - m sum T), Kendall & Gibbons 1990, chapter 6. NaN where every judge ties all items.
    """
    rank = np.asarray(rank, float)
    m, n = rank.shape[-2:]
    total = rank.sum(-2)
    s = ((total - total.mean(-1, keepdims=True)) ** 2).sum(-1)
    # Sum of squared deviations of one judge is (n^3 - n - T) / 12.
    within = ((rank - (n + 1) / 2) ** 2).sum(-1).sum(-1)
    return np.divide(s, m * within, out=np.full(s.shape, np.nan), where=within > 0)


def w_permutation_p(rank: np.ndarray, draws: int, rng: np.random.Generator) -> float:
    """Chance of a W at least that of `rank` (judges, items) when each judge orders the items at random.

    Monte Carlo with the observed arrangement counted, (1 + hits) / (1 + draws), so never 0.
    """
    observed = kendall_w(rank)
    shuffled = rng.permuted(np.broadcast_to(rank, (draws, *rank.shape)), axis=-1)
    hits = int((kendall_w(shuffled) >= observed - 1e-12).sum())
    return (1 + hits) / (1 + draws)


def of_one_mind(level: np.ndarray, draws: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """`draws` (D, C, L) of mean goodness as they would be if all criteria ranked the losses alike.

    All criteria are given their common ranking (the mean of the standardised `level` (C, L)), each at its own strength
    of signal, which is the spread of its levels less what noise adds; the noise is that of the draws, correlated
    between criteria as it is. `clusters` (C,) is how many units the draws of each resample.
    """
    sd = level.std(1, keepdims=True)
    common = ((level - level.mean(1, keepdims=True)) / sd).mean(0)
    spread = common.std()
    noise = (draws - level) / sd * np.sqrt(clusters / np.maximum(clusters - 1, 1))[:, None]
    noise -= noise.mean(-1, keepdims=True)
    signal = np.sqrt(np.maximum(0.0, 1 - noise.var(0).mean(1)))
    shared = common / spread if spread > 0 else common
    return signal[:, None] * shared + noise


def share_at_most(draws: np.ndarray, value: float) -> float | None:
    """(1 + draws at or below `value`) / (1 + draws): a one-sided Monte Carlo p; None without draws."""
    finite = draws[np.isfinite(draws)]
    return (1 + int((finite <= value + 1e-12).sum())) / (1 + len(finite)) if len(finite) else None


def pair_signs(values: np.ndarray) -> np.ndarray:
    """Signs of all differences of pairs along the last axis: (..., n (n - 1) / 2) as float32."""
    first, second = np.triu_indices(values.shape[-1], 1)
    return np.sign(values[..., first] - values[..., second]).astype(np.float32)


def tau_b_matrix(values: np.ndarray) -> np.ndarray:
    """tau-b between all pairs of rows of `values` (..., rows, items): (..., rows, rows); NaN for constant rows."""
    signs = pair_signs(values)
    agree = (signs @ np.swapaxes(signs, -1, -2)).astype(float)
    untied = np.diagonal(agree, axis1=-2, axis2=-1)
    scale = np.sqrt(untied[..., :, None] * untied[..., None, :])
    return np.divide(agree, scale, out=np.full(agree.shape, np.nan), where=scale > 0)


def mean_off_diagonal(matrix: np.ndarray) -> np.ndarray:
    """Mean over pairs of a symmetric matrix (..., n, n), NaN left out; NaN for n < 2."""
    n = matrix.shape[-1]
    if n < 2:
        return np.full(matrix.shape[:-2], np.nan)
    values = matrix[(..., *np.triu_indices(n, 1))]
    finite = np.isfinite(values)
    count = finite.sum(-1)
    total = np.where(finite, values, 0.0).sum(-1)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
