"""Claims about the course of training; their intervals resample patients and runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from ldct.statistics.arrays import nanmean
from ldct.statistics.bootstrap import CrossedBootstrap, crossed_means
from ldct.statistics.claims import Claim
from ldct.statistics.claims_of_ranking import is_perceptual_metric
from ldct.statistics.dense import Dense
from ldct.statistics.home import is_perceptual, is_pixelwise
from ldct.statistics.policy import LEAST_EPOCHS
from ldct.statistics.settings import Settings

# Half-way between chance (0.5) and a metric that follows every step of the loss (1).
CLOSE_CONCORDANCE = 0.75
# Half of the turning points that white noise has.
ERRATIC_RATE = 1 / 3

Effect = Callable[[np.ndarray], np.ndarray]


def claims_of_training(courses: dict[str, np.ndarray], dense: Dense, m: int, settings: Settings) -> Iterator[Claim]:
    """Claims a to d of network `m`, from measures by patient (C, M, L, S, P)."""
    primary = [c for c, criterion in enumerate(dense.criteria) if criterion.primary]
    deep = [i for i, loss in enumerate(dense.losses) if is_perceptual(loss, settings.terms)]
    pixel = [i for i, loss in enumerate(dense.losses) if is_pixelwise(loss, settings.terms)]
    own = {dense.losses[i] for i in deep}
    likeness = [
        c for c in primary if is_perceptual_metric(dense.criteria[c]) and not own & set(dense.criteria[c].home_of)
    ]
    able = bool(deep and pixel and likeness)
    make = partial(_claim, dense=dense, m=m, settings=settings)

    yield make(
        courses["concordance"],
        lambda mean: nanmean(mean[:, primary], (1, 2)),
        claim="a",
        part="training",
        statement="During training a metric does not follow the loss that is optimised",
        measure="the share of steps between evaluated epochs in which loss and metric improve or worsen together",
        threshold=CLOSE_CONCORDANCE,
        supported_if="below",
        says="metrics follow the loss less than half-way between chance and always",
        denies="metrics follow the loss more than half-way between chance and always",
    )
    yield make(
        courses["concordance"],
        lambda mean: nanmean(mean[:, likeness][..., deep], (1, 2)) - nanmean(mean[:, likeness][..., pixel], (1, 2)),
        able=able,
        claim="b",
        part="training",
        statement="A deep-feature loss follows full-reference perceptual metrics more closely than pixel losses do",
        measure="the difference in the share of concordant steps (deep-feature minus pixel losses, no home metrics)",
        threshold=0.0,
        supported_if="above",
        says="the deep-feature loss follows perceptual metrics more closely",
        denies="the deep-feature loss follows perceptual metrics less closely",
        why_not="it takes a deep-feature loss, a pixel loss and a perceptual metric not at home",
    )
    yield make(
        courses["reversal_rate"],
        lambda mean: _share_above(nanmean(mean[:, primary], 2), ERRATIC_RATE),
        claim="c",
        part="reversals",
        statement="Most metrics behave erratically over training",
        measure="the share of metrics that turn at more than a third of their inner points (white noise: two thirds)",
        threshold=0.5,
        supported_if="above",
        says="most metrics turn back often",
        denies="most metrics turn back seldom",
    )
    yield make(
        courses["held_out_regret"],
        lambda mean: nanmean(mean[:, primary], (1, 2)),
        claim="d",
        part="checkpoint",
        statement="Choosing the epoch by metrics on other patients beats choosing it by validation loss",
        measure="the mean gain in between-seed SDs",
        threshold=0.0,
        supported_if="above",
        says="an epoch chosen by the metric of interest is better on new patients",
        denies="an epoch chosen by the metric of interest is worse on new patients than the one chosen by loss",
        why_not="it takes two seeds and two folds",
    )


def _claim(
    values: np.ndarray,
    effect: Effect,
    *,
    dense: Dense,
    m: int,
    settings: Settings,
    able: bool = True,
    why_not: str = "",
    **text: object,
) -> Claim:
    """A claim whose effect is a function of means (draws, C, L) of `values` (C, M, L, S, P) of network m."""
    values = values[:, m]
    seen = np.isfinite(values).any((0, 1, 2))
    values, fold_of = values[..., seen], dense.fold_of[seen]
    n, runs = int(seen.sum()), dense.seen[m]
    few = f"no run has at least {LEAST_EPOCHS} evaluated epochs with a training history"
    enough = len(dense.epochs) >= LEAST_EPOCHS
    once = np.ones((1, *runs.shape))

    def statistic(weights: np.ndarray) -> np.ndarray:
        return effect(crossed_means(values, weights, np.broadcast_to(once, (len(weights), *runs.shape)), fold_of))

    draws, run_sd = None, 0.0
    usable = able and enough and n > 0 and bool(np.isfinite(statistic(np.ones((1, n)))).all())
    if usable:
        rng = settings.rng("training", str(text["claim"]), str(text["part"]), dense.models[m])
        boot = CrossedBootstrap(runs, fold_of, settings.draws, rng)
        draws = effect(boot.means(values))
        run_sd = float(np.nanstd(effect(crossed_means(values, np.ones_like(boot.patients), boot.runs, fold_of))))
    return Claim(
        **text,  # type: ignore[arg-type]
        statistic=statistic if usable else None,
        draws=draws,
        patients=n,
        clusters=min(n, int(runs.sum())),
        why_not=few if not enough or n == 0 else why_not or few,
        run_sd=run_sd,
    )


def _share_above(rate: np.ndarray, level: float) -> np.ndarray:
    """Share over the last axis that lies above `level`, NaN left out."""
    return nanmean(np.where(np.isfinite(rate), (rate > level).astype(float), np.nan), 1)
