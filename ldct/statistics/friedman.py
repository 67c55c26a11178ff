"""Friedman's test of losses on patient means, its effect size, and what follows it."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ldct.statistics.ranks import kendall_w, ranks
from ldct.statistics.wilcoxon import holm


def friedman(values: np.ndarray, draws: int, rng: np.random.Generator) -> dict[str, float]:
    """Test of `values` (patients, losses): chi2, p_chi2, f, p_f (Iman & Davenport 1980), p_permutation, effect.

    The permutation shuffles losses within each patient, which the null makes exchangeable; it is exact up to
    Monte Carlo error also for few patients, where the chi-squared approximation is poor. NaN with fewer than two
    patients or losses, or where all values tie.
    """
    n, k = values.shape
    names = ("chi2", "p_chi2", "f", "p_f", "p_permutation", "effect")
    if n < 2 or k < 2:
        return dict.fromkeys(names, np.nan)
    rank = ranks(values)
    w = float(kendall_w(rank))
    if not np.isfinite(w):
        return dict.fromkeys(names, np.nan)
    chi2 = n * (k - 1) * w
    f = (n - 1) * chi2 / (n * (k - 1) - chi2) if w < 1 - 1e-12 else np.inf
    shuffled = rng.permuted(np.broadcast_to(rank, (draws, n, k)), axis=-1)
    hits = int((kendall_w(shuffled) >= w - 1e-12).sum())
    return {
        "chi2": chi2,
        "p_chi2": float(stats.chi2.sf(chi2, k - 1)),
        "f": f,
        "p_f": float(stats.f.sf(f, k - 1, (k - 1) * (n - 1))) if np.isfinite(f) else 0.0,
        "p_permutation": (1 + hits) / (1 + draws),
        "effect": w,
    }


def critical_difference(losses: int, patients: int, confidence: float) -> float:
    """Nemenyi's critical difference of mean ranks: q sqrt(k (k + 1) / (6 n)) (Demsar 2006, equation 6)."""
    q = stats.studentized_range.ppf(confidence, losses, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(losses * (losses + 1) / (6 * patients)))


def posthoc(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """p of all pairs of `values` (patients, losses) by Nemenyi and by Conover with Holm: two (losses, losses)."""
    import scikit_posthocs

    with np.errstate(invalid="ignore", divide="ignore"):
        nemenyi = scikit_posthocs.posthoc_nemenyi_friedman(values).to_numpy()
        conover = scikit_posthocs.posthoc_conover_friedman(values).to_numpy(copy=True)
    pairs = np.triu_indices(values.shape[1], 1)
    conover[pairs] = holm(conover[pairs])
    conover.T[pairs] = conover[pairs]
    return nemenyi, conover
