"""Places of the losses by each criterion, how stable they are, and which loss is best."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ldct.statistics.arrays import nanmean, number
from ldct.statistics.bootstrap import HierarchicalBootstrap, interval
from ldct.statistics.evidence import Verdicts
from ldct.statistics.panel import Panel
from ldct.statistics.ranks import ranks, share_best
from ldct.statistics.settings import Settings

Row = dict[str, Any]


def loss_draws(panel: Panel, boot: HierarchicalBootstrap) -> np.ndarray:
    """Mean goodness of every criterion and loss in every resample of patients: (draws, C, L), about these networks."""
    c, losses, images = panel.mean.shape
    return boot.means(panel.mean.reshape(c * losses, images)).reshape(-1, c, losses)


def ranking(verdicts: Verdicts, boot: HierarchicalBootstrap) -> tuple[list[Row], list[Row], list[Row]]:
    """RANKS, RANK_STABILITY and BEST_LOSS rows; `boot` resamples the patients of ranks within a patient."""
    panel, settings, draws, clusters = verdicts.panel, verdicts.settings, verdicts.draws, verdicts.clusters
    rank_rows: list[Row] = []
    stability: list[Row] = []
    best_rows: list[Row] = []
    level = nanmean(panel.by_patient, 2)
    place, place_draws = ranks(level), ranks(draws)
    within = np.moveaxis(ranks(np.moveaxis(panel.by_patient, 1, -1)), -1, 1)
    within = np.where(np.isfinite(panel.by_patient), within, np.nan)
    mean_rank = nanmean(within, 2)
    c_count, losses = level.shape
    mean_draws = boot.patient_means(within.reshape(c_count * losses, -1)).reshape(-1, c_count, losses)
    for c, criterion in enumerate(panel.criteria):
        key = {"model": panel.model, "metric": criterion.metric, "window": criterion.window}
        n = panel.count(c)
        usable = draws[np.isfinite(draws[:, c]).all(1), c]
        if len(usable) == 0:
            continue
        best = share_best(usable)
        low, high = interval(place_draws[:, c], min(n, clusters), settings.confidence)
        mlow, mhigh = interval(mean_draws[:, c], n, settings.confidence)
        tied_first = 1 + (usable[:, None, :] > usable[:, :, None]).sum(-1)
        for loss, name in enumerate(panel.losses):
            rank_rows.append(
                {
                    **key,
                    "loss": name,
                    "place": float(place[c, loss]),
                    "place_low": number(low[loss]),
                    "place_high": number(high[loss]),
                    "mean_rank": float(mean_rank[c, loss]),
                    "mean_rank_low": number(mlow[loss]),
                    "mean_rank_high": number(mhigh[loss]),
                    "best": float(best[loss]),
                    "patients": n,
                    "losses": losses,
                }
            )
            shares = np.bincount(tied_first[:, loss], minlength=losses + 1)[1:] / len(usable)
            stability += [
                {**key, "loss": name, "place": at + 1, "probability": float(share)}
                for at, share in enumerate(shares)
                if share > 0
            ]
        best_rows.append(key | _best(panel, c, level[c], best, verdicts, settings))
    return rank_rows, stability, best_rows


def _best(panel: Panel, c: int, level: np.ndarray, best: np.ndarray, verdicts: Verdicts, settings: Settings) -> Row:
    """The best loss by criterion c: level (L,), best (L,) shares of draws.

    It is sure only where it beats every other loss after correction over all pairs of losses and all criteria.
    """
    order = np.argsort(-level, kind="stable")
    first, second = order[0], order[1]
    likely = np.argsort(-best, kind="stable")
    enough = int(np.searchsorted(np.cumsum(best[likely]), settings.confidence - 1e-9)) + 1
    share = float(best[first])
    question = verdicts.pairs
    pairs = list(zip(*np.triu_indices(len(panel.losses), 1), strict=True))
    of_best = [j for j, pair in enumerate(pairs) if first in pair]
    hardest = max(of_best, key=lambda j: question.p[c, j])
    between = pairs.index((min(first, second), max(first, second)))
    low, high = (end[c, between] for end in question.results.interval(settings.confidence))
    if first > second:
        low, high = -high, -low
    evidence = replace(question.evidence(c, hardest), estimate=abs(float(question.results.estimate[c, hardest])))
    answer = settings.policy.best(evidence, share)
    return {
        "loss": panel.losses[first],
        "probability": share,
        "second": panel.losses[second],
        "margin": float(level[first] - level[second]),
        "margin_low": number(low),
        "margin_high": number(high),
        "candidates": ",".join(panel.losses[i] for i in likely[:enough]),
        "p_adjusted": number(evidence.p) if evidence.answered else None,
        "sure": answer.verdict,
        "reason": answer.why,
        "patients": evidence.patients,
        "folds": evidence.folds,
        "runs": evidence.runs,
        "tests": evidence.tests,
    }
