"""How far judges (metrics, or constructs of them) agree about the losses, with the noise of patients and runs in it.

Noise in the ranks lowers Kendall's W where the judges agree, and raises it where their noise is alike. So W is read
against simulated studies with the noise of this one, in which the true W is known: its ceiling is what full agreement
would leave, and its interval holds every true W under which such a W is no surprise (Neyman's construction).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ldct.statistics.inference.contrasts import BY_NOTHING, contrasts, pair_weights
from ldct.statistics.inference.sample import Sample
from ldct.statistics.ranks import kendall_w, ranks

# Share of the simulated studies in which the judges agree fully.
_OF_ONE_MIND = 0.2
# Fewer simulated studies leave too few of each true agreement.
LEAST_WORLDS = 2000
_BINS = 25
_CAREFUL = 0.6


@dataclass(frozen=True)
class Worlds:
    """Studies like this one with a known truth: true and estimated levels of the losses (N, C, L), and this study's.

    The strength of a common order, of constructs within it, and of the signal against the noise vary between them, the
    last as far as so few losses leave it open. `noise` (C, C) is the covariance of a loss's mean that patients and runs
    add. No studies where the trainings cannot be told from the patients.
    """

    level: np.ndarray
    noise: np.ndarray
    true: np.ndarray
    estimate: np.ndarray
    agreed: np.ndarray  # (N,) bool: of one mind

    @cached_property
    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Ranks (N, C, L) of the true and of the estimated levels."""
        return ranks(self.true), ranks(self.estimate)


@dataclass(frozen=True)
class Estimate:
    """A value with an interval; NaN where there is none."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Agreement:
    """Agreement of judges: W, the W that full agreement would leave, how often full agreement gives less, and the
    share of the variance of the losses' effects that is common to the judges."""

    w: Estimate
    ceiling: float
    p_agreed: float
    common: Estimate


def worlds(sample: Sample, constructs: Sequence[str], studies: int, rng: np.random.Generator) -> Worlds:
    """Simulated studies of a sample in which every loss has every patient; `constructs` (C,) name the criteria's."""
    with_seeds = np.isfinite(sample.values)
    mean = np.where(with_seeds, sample.values, 0.0).sum(2) / np.maximum(with_seeds.sum(2), 1)
    here = np.asarray(with_seeds.any(2)).all(1, keepdims=True)
    level = np.where(here, mean, 0.0).sum(-1) / np.maximum(here.sum(-1), 1)
    c_count, losses = level.shape
    pairs = contrasts(sample, pair_weights(losses))
    told = (pairs.method != BY_NOTHING).all(1)
    noise = np.sqrt(np.where(told, np.where(told[:, None], pairs.variance, 0.0).mean(1) / 2, np.nan))
    if not told.all() or losses < 2:
        empty = np.zeros((0, c_count, losses))
        return Worlds(level, np.zeros((c_count, c_count)), empty, empty, np.zeros(0, bool))
    # Degrees of freedom of the noise, as if one criterion were all: criteria are far from independent.
    freedom = np.median(pairs.freedom) * (losses - 1) / 2
    spread = level.var(1, ddof=1)
    nu = losses - 1
    chance = rng.chisquare(nu, (studies, 1)) / nu
    noise_scale = np.sqrt(freedom / rng.chisquare(freedom, (studies, 1)))
    sigma = noise * noise_scale
    # A signal that seems to be none is still a small one: true losses are never exactly equal.
    signal = np.sqrt(np.maximum(spread / chance - sigma**2, (0.05 * np.maximum(noise, 1e-12)) ** 2))
    strength, within = rng.uniform(size=(2, studies, 1, 1))
    agreed = rng.uniform(size=studies) < _OF_ONE_MIND
    strength[agreed] = 1.0
    names = list(dict.fromkeys(constructs))
    place = np.array([names.index(name) for name in constructs])
    of_all = rng.normal(size=(studies, 1, losses))
    of_construct = rng.normal(size=(studies, len(names), losses))[:, place]
    own = rng.normal(size=(studies, c_count, losses))
    effect = np.sqrt(strength) * of_all
    effect = effect + np.sqrt(1 - strength) * (np.sqrt(within) * of_construct + np.sqrt(1 - within) * own)
    true = signal[..., None] * effect
    drawn = rng.normal(size=(studies * losses, pairs.profile.shape[1])) @ pairs.profile.T
    error = np.moveaxis(drawn.reshape(studies, losses, c_count), 1, 2)
    covariance = noise[:, None] * (pairs.profile @ pairs.profile.T) * noise
    return Worlds(level, covariance, true, true + sigma[..., None] * error, agreed)


def agreement(found: Worlds, judges: Sequence[np.ndarray], confidence: float) -> Agreement:
    """Agreement of judges, each the mean of the criteria (places in C) that it holds, after ranking.

    NaN with fewer than two judges.
    """
    none = Estimate(np.nan, np.nan, np.nan)
    if len(judges) < 2 or found.level.shape[1] < 2:
        return Agreement(none, np.nan, np.nan, none)
    w = float(kendall_w(judged_ranks(ranks(found.level), judges)))
    share = float(common_share(found.level[None], found.noise, found.level, judges)[0])
    if len(found.true) == 0 or not np.isfinite(w):
        return Agreement(Estimate(w, np.nan, np.nan), np.nan, np.nan, none)
    true_w, seen_w = (kendall_w(judged_ranks(place, judges)) for place in found.places)
    full = seen_w[found.agreed]
    low, high = belt(true_w, seen_w, w, confidence)
    true_share = common_share(found.true, np.zeros(found.noise.shape), found.level, judges)
    seen_share = common_share(found.estimate, found.noise, found.level, judges)
    share_low, share_high = belt(true_share, seen_share, share, confidence)
    if not np.isfinite(share):
        share_low, share_high = -1 / (len(judges) - 1), 1.0
    return Agreement(
        w=Estimate(w, low, high),
        ceiling=float(np.nanmean(full)),
        p_agreed=(1 + int((full <= w + 1e-12).sum())) / (1 + len(full)),
        common=Estimate(share, share_low, share_high),
    )


def judged_ranks(place: np.ndarray, judges: Sequence[np.ndarray]) -> np.ndarray:
    """Ranks (..., J, L) that judges give to the losses, from those of criteria, `place` (..., C, L): a judge with
    several criteria ranks the losses by the mean of their ranks."""
    if all(len(judge) == 1 for judge in judges):
        return place[..., np.concatenate(judges), :]
    means = np.stack([place[..., judge, :].mean(-2) for judge in judges], -2)
    return ranks(-np.round(means, 9))


def common_share(
    level: np.ndarray, noise: np.ndarray, scale_by: np.ndarray, judges: Sequence[np.ndarray]
) -> np.ndarray:
    """Share (N,) of the variance of standardised loss effects that the judges have in common, noise taken out.

    `level` (N, C, L); criteria are standardised by the spread of `scale_by` (C, L); `noise` (C, C) is the covariance of
    a loss's mean that patients and runs add. The mean covariance of two judges over the mean variance of one: 1 where
    the losses differ alike by all judges, 0 where what one says has nothing to do with what another does, NaN where no
    signal is left.
    """
    sd = scale_by.std(1, ddof=1)
    weight = np.zeros((len(judges), len(sd)))
    for row, judge in zip(weight, judges, strict=True):
        usable = judge[sd[judge] > 0]
        row[usable] = 1 / np.maximum(len(usable), 1) / sd[usable]
    z = weight @ (level - level.mean(-1, keepdims=True))
    covariance = z @ np.swapaxes(z, 1, 2) / (z.shape[-1] - 1) - weight @ noise @ weight.T
    j = len(judges)
    trace = np.trace(covariance, axis1=1, axis2=2)
    own, common = trace / j, (covariance.sum((1, 2)) - trace) / (j * (j - 1))
    return np.divide(np.clip(common, -own, own), own, out=np.full(len(own), np.nan), where=own > 0.02)


def belt(true: np.ndarray, seen: np.ndarray, value: float, confidence: float) -> tuple[float, float]:
    """Least and greatest `true` (N,) under which `value` is within the central share `confidence` of `seen` (N,).

    NaN where `value` is; studies where either is NaN are left out. The greatest possible truth (1) has a bin of its
    own, where it occurs.
    """
    kept = np.isfinite(true) & np.isfinite(seen)
    true, seen = true[kept], seen[kept]
    if not np.isfinite(value) or len(true) < 200:
        return np.nan, np.nan
    # The truth may be of another form than the simulated ones; the narrower tail makes up for that.
    tail = _CAREFUL * (1 - confidence) / 2
    top = true >= 1 - 1e-9
    rest = np.flatnonzero(~top)[np.argsort(true[~top], kind="stable")]
    size = len(rest) // _BINS
    parts = []
    if size >= 8:
        bins = rest[: size * _BINS].reshape(_BINS, size)
        parts.append((true[bins[:, 0]], true[bins[:, -1]], *_quantiles(seen[bins], tail)))
    if top.sum() > 50:
        one = np.ones(1)
        parts.append((one, one, *_quantiles(seen[None, top], tail)))
    if not parts:
        return np.nan, np.nan
    least, most, low, high, middle = (np.concatenate(column) for column in zip(*parts, strict=True))
    fits = (low - 1e-9 <= value) & (value <= high + 1e-9)
    if not fits.any():
        # No truth explains it well: the likeliest alone.
        fits[np.abs(middle - value).argmin()] = True
    return float(least[fits].min()), float(most[fits].max())


def _quantiles(seen: np.ndarray, tail: float) -> np.ndarray:
    """Lower end, upper end and median (3, B) of each row of `seen` (B, N)."""
    return np.quantile(seen, [tail, 1 - tail, 0.5], axis=1)
