"""Tests of loss effects on patient means: Friedman, pairs after it, and pre-specified contrasts with a reference."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import number
from ldct.statistics.bootstrap import HierarchicalBootstrap, interval
from ldct.statistics.feasible import least_p
from ldct.statistics.friedman import critical_difference, friedman, posthoc
from ldct.statistics.panel import Panel
from ldct.statistics.power import wilcoxon_power
from ldct.statistics.ranks import ranks
from ldct.statistics.settings import Settings
from ldct.statistics.wilcoxon import holm, signed_rank

Row = dict[str, Any]


def friedman_rows(panel: Panel, boot: HierarchicalBootstrap, settings: Settings) -> tuple[list[Row], list[Row]]:
    """FRIEDMAN and POSTHOC rows."""
    tests: list[Row] = []
    pairs: list[Row] = []
    rng = settings.rng("friedman", panel.model)
    for c, criterion in enumerate(panel.criteria):
        key = {"model": panel.model, "metric": criterion.metric, "window": criterion.window}
        values = panel.by_patient[c].T
        whole = np.isfinite(values).all(1)
        values, n, losses = values[whole], int(whole.sum()), len(panel.losses)
        found = friedman(values, settings.draws, rng)
        cd = critical_difference(losses, n, settings.confidence) if n > 1 and losses > 2 else np.nan
        low, high = _effect_interval(ranks(values), boot.weights[:, whole], settings)
        tests.append(
            {
                **key,
                **{name: number(value) for name, value in found.items()},
                "effect_low": number(low),
                "effect_high": number(high),
                "critical_difference": number(cd),
                "patients": n,
                "losses": losses,
            }
        )
        if np.isfinite(found["effect"]) and losses > 2:
            pairs += _pairs(panel, key, values, cd)
    for row, p in zip(tests, holm(np.array([row["p_permutation"] or np.nan for row in tests])), strict=True):
        row["p_holm"] = number(p)
        row["verdict"] = "losses differ" if p <= settings.alpha else "cannot tell"
    return tests, pairs


def _effect_interval(rank: np.ndarray, weights: np.ndarray, settings: Settings) -> tuple[float, float]:
    """Interval of Kendall's W over patients from within-patient ranks (patients, losses)."""
    n, k = rank.shape
    if n < 2:
        return np.nan, np.nan
    total = weights @ rank
    within = weights @ ((rank - (k + 1) / 2) ** 2).sum(1)
    size = weights.sum(1)
    spread = ((total - total.mean(1, keepdims=True)) ** 2).sum(1)
    scale = size * within
    w = np.divide(spread, scale, out=np.full(len(spread), np.nan), where=scale > 0)
    low, high = interval(w, n, settings.confidence)
    return float(low), float(high)


def _pairs(panel: Panel, key: Row, values: np.ndarray, cd: float) -> list[Row]:
    nemenyi, conover = posthoc(values)
    mean_rank = ranks(values).mean(0)
    return [
        {
            **key,
            "loss_a": panel.losses[a],
            "loss_b": panel.losses[b],
            "mean_rank_a": float(mean_rank[a]),
            "mean_rank_b": float(mean_rank[b]),
            "p_nemenyi": number(nemenyi[a, b]),
            "p_conover": number(conover[a, b]),
            "separated": bool(abs(mean_rank[a] - mean_rank[b]) > cd),
        }
        for a, b in zip(*np.triu_indices(len(panel.losses), 1), strict=True)
    ]


def contrasts(panel: Panel, draws: np.ndarray, over_seeds: np.ndarray | None, settings: Settings) -> list[Row]:
    """CONTRASTS rows: each loss against the reference; `draws` (draws, C, L) holds mean goodness.

    `over_seeds` is the same with seeds resampled as well, None with one seed.

    Empty where the reference loss itself is not ranked.
    """
    if settings.reference_loss not in panel.losses:
        return []
    reference = panel.losses.index(settings.reference_loss)
    others = [i for i in range(len(panel.losses)) if i != reference]
    power = wilcoxon_power(settings.alpha / max(len(others), 1), settings.seed)
    rows: list[Row] = []
    for c, criterion in enumerate(panel.criteria):
        family: list[Row] = []
        for loss in others:
            difference = panel.by_patient[c, loss] - panel.by_patient[c, reference]
            difference = difference[np.isfinite(difference)]
            n = len(difference)
            _, p, biserial = signed_rank(difference)
            sd = difference.std(ddof=1) if n > 1 else np.nan
            effect = difference.mean() / sd if n > 1 and sd > 0 else np.nan
            low, high = interval(draws[:, c, loss] - draws[:, c, reference], n, settings.confidence)
            seeds_low = seeds_high = np.nan
            if over_seeds is not None:
                seeds_low, seeds_high = interval(
                    over_seeds[:, c, loss] - over_seeds[:, c, reference], n, settings.confidence
                )
            family.append(
                {
                    "model": panel.model,
                    "metric": criterion.metric,
                    "window": criterion.window,
                    "loss": panel.losses[loss],
                    "reference": settings.reference_loss,
                    "difference": number(difference.mean()) if n else None,
                    "difference_low": number(low),
                    "difference_high": number(high),
                    "low_seeds": number(seeds_low),
                    "high_seeds": number(seeds_high),
                    "standardised": number(effect),
                    "rank_biserial": number(biserial),
                    "p_exact": number(p),
                    "p_least": least_p(n),
                    "patients": n,
                    "patients_needed": power.patients_needed(abs(effect)) if np.isfinite(effect) else None,
                }
            )
        for row, p in zip(family, holm(np.array([row["p_exact"] for row in family])), strict=True):
            row["p_holm"] = number(p)
            side = "better" if (row["difference"] or 0) > 0 else "worse"
            row["verdict"] = side if p <= settings.alpha else "cannot tell"
        rows += family
    for row, p in zip(rows, holm(np.array([row["p_exact"] for row in rows])), strict=True):
        row["p_holm_all"] = number(p)
    return rows
