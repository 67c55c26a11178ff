"""Many tests of one question: adjusted p that keep the family-wise error."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ldct.statistics.inference.contrasts import BY_NOTHING, Contrasts


def adjusted(results: Contrasts, draws: int, rng: np.random.Generator) -> np.ndarray:
    """p (C, J) of two-sided tests of 0 after correction over all criteria and contrasts.

    Step-down maximum of normal scores (Westfall & Young 1993): correlated criteria and contrasts that share a loss cost
    little. 1 where the engine has no answer; such tests are no part of the family.
    """
    out = np.ones(results.estimate.shape)
    asked = results.method != BY_NOTHING
    if asked.any():
        freedom = np.where(results.variance > 0, results.freedom, np.inf)
        out[asked] = max_t(results.p()[asked], freedom[asked], asked, results.profile, results.weights, draws, rng)
    return out


def max_t(
    p: np.ndarray,
    freedom: np.ndarray,
    asked: np.ndarray,
    profile: np.ndarray,
    weights: np.ndarray,
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Step-down adjusted p of tests with two-sided `p` (T,) of t with `freedom` (T,), which `asked` (C, J) places.

    Numerators are drawn as normal, correlated over criteria as the rows of `profile` (C, K) are, and over contrasts as
    the rows of `weights` (J, L) are with equal noise in all losses. Every test has a denominator of its own: with few
    degrees of freedom great t come from small denominators, which go together less than the numerators do.
    """
    unit = weights / np.maximum(np.sqrt((weights**2).sum(1, keepdims=True)), 1e-300)
    score = stats.norm.isf(np.clip(p, 1e-300, 1.0) / 2)
    order = np.argsort(-score, kind="stable")
    hits = np.zeros(len(p))
    nu = freedom[order].astype(np.float32)
    half = np.where(np.isfinite(nu), nu / 2, 1e6).astype(np.float32)
    for start in range(0, draws, 250):
        size = min(250, draws - start)
        noise = rng.normal(size=(size * weights.shape[1], profile.shape[1])).astype(np.float32)
        by_loss = (noise @ profile.T.astype(np.float32)).reshape(size, weights.shape[1], -1)
        drawn = np.abs(np.einsum("jl,dlc->dcj", unit.astype(np.float32), by_loss, optimize=True))[:, asked][:, order]
        with np.errstate(invalid="ignore", over="ignore"):
            shrunk = rng.standard_gamma(half[None], size=(size, len(p)), dtype=np.float32) / half
            drawn = np.where(np.isfinite(nu), _normal_score(drawn / np.sqrt(shrunk), nu), drawn)
        # The maximum over this test and all with a smaller score.
        hits += (np.maximum.accumulate(drawn[:, ::-1], axis=1)[:, ::-1] >= score[order]).sum(0)
    stepped = np.maximum.accumulate((1 + hits) / (1 + draws))
    out = np.empty(len(p))
    # Never below what a single test says.
    out[order] = np.maximum(stepped, p[order])
    return out


def _normal_score(t: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """The normal score of a t of at least 0, within 1 % (Wallace 1959, Ann. Math. Stat. 30:1121)."""
    finite = np.where(np.isfinite(freedom), freedom, 1e6)
    return (8 * finite + 1) / (8 * finite + 3) * np.sqrt(finite * np.log1p(t * t / finite))
