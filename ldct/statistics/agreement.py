"""Agreement of criteria about the losses: Kendall's W in families, tau-b between pairs, and the home field."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from ldct.statistics.arrays import nanmean, number
from ldct.statistics.bootstrap import interval
from ldct.statistics.evidence import Verdicts
from ldct.statistics.home import home_metrics
from ldct.statistics.panel import Panel
from ldct.statistics.policy.thresholds import LEAST_LOSSES
from ldct.statistics.ranks import (
    kendall_w,
    mean_off_diagonal,
    ranks,
    tau_b_matrix,
    w_permutation_p,
)
from ldct.statistics.settings import Settings

Row = dict[str, Any]


def agreement_rows(verdicts: Verdicts, tau_draws: np.ndarray) -> list[Row]:
    """AGREEMENT rows: W by windows, family, and with or without the home metrics of the study's losses.

    `tau_draws` (draws, C, C) holds tau-b of `verdicts.draws`. Here every criterion of a metric that has a vote is a
    judge; `ldct.statistics.votes` gives one vote to a construct.
    """
    panel, settings, evidence = verdicts.panel, verdicts.settings, verdicts.standing
    draws, clusters = verdicts.draws, verdicts.clusters
    level = nanmean(panel.by_patient, 2)
    rank, rank_draws, tau = ranks(level), ranks(draws), tau_b_matrix(level)
    seed_ranks = ranks(_seed_levels(panel))
    rng = settings.rng("agreement", panel.model)
    patients = len(panel.patients)
    rows: list[Row] = []
    for windows, family, home, chosen in _groups(panel, settings.voteless):
        row: Row = {
            "model": panel.model,
            "windows": windows,
            "family": family,
            "home": home,
            "criteria": len(chosen),
            "losses": len(panel.losses),
            "patients": patients,
        }
        if len(chosen) < 2 or len(panel.losses) < LEAST_LOSSES:
            few = "criteria" if len(chosen) < 2 else "losses"
            note = f"cannot tell: agreement needs more {few}"
            counts = {"folds": evidence.folds, "runs": evidence.runs}
            rows.append(row | counts | {"verdict": "cannot tell", "reason": note, "note": note})
            continue
        w = float(kendall_w(rank[chosen]))
        w_draws = kendall_w(rank_draws[:, chosen])
        found = verdicts.agreement([np.array([c]) for c in chosen], settings.confidence)
        answer = settings.policy.agreement(found.w.low, found.w.high, evidence)
        pairs = tau_draws[:, chosen][:, :, chosen]
        tau_low, tau_high = interval(mean_off_diagonal(pairs), clusters, settings.confidence)
        by_seed = kendall_w(seed_ranks[:, chosen])
        by_seed = by_seed[np.isfinite(by_seed)]
        rows.append(
            row
            | {
                "w": number(w),
                "w_low": number(found.w.low),
                "w_high": number(found.w.high),
                "w_bias": number(float(w_draws.mean()) - w),
                "w_seed_least": number(by_seed.min()) if len(by_seed) else None,
                "w_seed_most": number(by_seed.max()) if len(by_seed) else None,
                "p_permutation": w_permutation_p(rank[chosen], settings.draws, rng),
                "w_if_agreed": number(found.ceiling),
                "p_agreed": number(found.p_agreed),
                "common": number(found.common.value),
                "common_low": number(found.common.low),
                "common_high": number(found.common.high),
                "verdict": answer.verdict,
                "reason": answer.why,
                "folds": evidence.folds,
                "runs": evidence.runs,
                "mean_tau": number(mean_off_diagonal(tau[np.ix_(chosen, chosen)])),
                "mean_tau_low": number(tau_low),
                "mean_tau_high": number(tau_high),
            }
        )
    return rows


def _groups(panel: Panel, voteless: Collection[str]) -> list[tuple[str, str, bool, np.ndarray]]:
    """(windows, family, home kept, criteria) of every agreement that is asked for."""
    families = ["overall", *dict.fromkeys(criterion.family for criterion in panel.criteria)]
    windows = ["primary", "all", *dict.fromkeys(criterion.window for criterion in panel.criteria)]
    found = []
    for window in windows:
        for family in families:
            for home in (True, False):
                chosen = [
                    c
                    for c, criterion in enumerate(panel.criteria)
                    if (window == "all" or criterion.window == window or (window == "primary" and criterion.primary))
                    and family in ("overall", criterion.family)
                    and (home or not criterion.home_of)
                    and criterion.metric not in voteless
                ]
                if chosen or window == "primary":
                    found.append((window, family, home, np.array(chosen, int)))
    return found


def tau_rows(panel: Panel, tau_draws: np.ndarray, clusters: int, settings: Settings) -> list[Row]:
    """TAU rows of every pair of criteria, both ways round and the diagonal, as a matrix is drawn."""
    tau = tau_b_matrix(nanmean(panel.by_patient, 2))
    patients = len(panel.patients)
    low, high = interval(tau_draws, clusters, settings.confidence)
    return [
        {
            "model": panel.model,
            "metric_a": one.metric,
            "window_a": one.window,
            "metric_b": two.metric,
            "window_b": two.window,
            "tau": number(tau[a, b]),
            "tau_low": number(low[a, b]),
            "tau_high": number(high[a, b]),
            "losses": len(panel.losses),
            "patients": patients,
        }
        for a, one in enumerate(panel.criteria)
        for b, two in enumerate(panel.criteria)
    ]


def home_field(verdicts: Verdicts) -> list[Row]:
    """HOME_FIELD rows: places a loss gains where it is judged by what it optimises, in the primary windows."""
    panel, settings, evidence = verdicts.panel, verdicts.settings, verdicts.standing
    level = nanmean(panel.by_patient, 2)
    place, place_draws = ranks(level), ranks(verdicts.draws)
    away = [c for c, criterion in enumerate(panel.criteria) if criterion.primary and not criterion.home_of]
    rows: list[Row] = []
    primary = {criterion.metric for criterion in panel.criteria if criterion.primary}
    asked = sum(bool(primary & set(home_metrics(loss, settings.terms))) for loss in panel.losses)
    # One question, as many intervals as losses have a home.
    alone = 1 - settings.alpha / max(asked, 1)
    for index, loss in enumerate(panel.losses):
        metrics = home_metrics(loss, settings.terms)
        home = [c for c, criterion in enumerate(panel.criteria) if criterion.primary and criterion.metric in metrics]
        if not home or not away:
            continue
        advantage = place_draws[:, away, index].mean(1) - place_draws[:, home, index].mean(1)
        low, high = interval(advantage, verdicts.clusters, alone)
        answer = settings.policy.side(float(low), float(high), 0.0, "advantage", "disadvantage", evidence)
        at_home, elsewhere = float(place[home, index].mean()), float(place[away, index].mean())
        rows.append(
            {
                "model": panel.model,
                "loss": loss,
                "metrics": ",".join(dict.fromkeys(panel.criteria[c].metric for c in home)),
                "place_home": at_home,
                "place_away": elsewhere,
                "advantage": elsewhere - at_home,
                "advantage_low": number(low),
                "advantage_high": number(high),
                "verdict": answer.verdict,
                "reason": answer.why,
                "folds": evidence.folds,
                "runs": evidence.runs,
                "patients": len(panel.patients),
            }
        )
    return rows


def _seed_levels(panel: Panel) -> np.ndarray:
    """Mean goodness (S, C, L) of every seed that all losses have on some shared patients."""
    whole = np.isfinite(panel.good).all(axis=1, keepdims=True)
    return np.moveaxis(nanmean(np.where(whole, panel.good, np.nan), 3), 2, 0)
