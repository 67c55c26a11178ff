"""Places of the losses by each criterion, how stable they are, and which loss is best."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import nanmean, number
from ldct.statistics.bootstrap import HierarchicalBootstrap, interval, over_seeds
from ldct.statistics.panel import Panel
from ldct.statistics.ranks import ranks, share_best
from ldct.statistics.settings import Settings

Row = dict[str, Any]


def loss_draws(panel: Panel, boot: HierarchicalBootstrap) -> np.ndarray:
    """Mean goodness of every criterion and loss in every draw: (draws, C, L)."""
    c, losses, images = panel.mean.shape
    return boot.means(panel.mean.reshape(c * losses, images)).reshape(-1, c, losses)


def loss_draws_over_seeds(panel: Panel, boot: HierarchicalBootstrap, settings: Settings) -> np.ndarray | None:
    """As `loss_draws`, but with seeds resampled as well; None with one seed."""
    c, losses, seeds, images = panel.good.shape
    if seeds < 2:
        return None
    by_seed = boot.means(panel.good.reshape(-1, images)).reshape(-1, c, losses, seeds)
    return over_seeds(by_seed, settings.rng("seeds", panel.model))


def ranking(
    panel: Panel, draws: np.ndarray, boot: HierarchicalBootstrap, settings: Settings
) -> tuple[list[Row], list[Row], list[Row]]:
    """RANKS, RANK_STABILITY and BEST_LOSS rows from `draws` (draws, C, L)."""
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
        low, high = interval(place_draws[:, c], n, settings.confidence)
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
        best_rows.append(key | _best(panel, level[c], usable, best, n, settings))
    return rank_rows, stability, best_rows


def _best(
    panel: Panel, level: np.ndarray, draws: np.ndarray, best: np.ndarray, patients: int, settings: Settings
) -> Row:
    """The best loss by one criterion: level (L,), draws (draws, L), best (L,) shares."""
    order = np.argsort(-level, kind="stable")
    first, second = order[0], order[1]
    low, high = interval(draws[:, first] - draws[:, second], patients, settings.confidence)
    likely = np.argsort(-best, kind="stable")
    enough = int(np.searchsorted(np.cumsum(best[likely]), settings.confidence - 1e-9)) + 1
    share = float(best[first])
    # Resampling few patients overstates certainty, so 'sure' also asks for the widened interval of the margin.
    sure = "sure" if share >= settings.confidence and low > 0 else "likely" if share >= 0.8 else "cannot tell"
    return {
        "loss": panel.losses[first],
        "probability": share,
        "second": panel.losses[second],
        "margin": float(level[first] - level[second]),
        "margin_low": number(low),
        "margin_high": number(high),
        "candidates": ",".join(panel.losses[i] for i in likely[:enough]),
        "sure": sure,
        "patients": patients,
    }
