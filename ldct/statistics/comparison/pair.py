"""Two studies on what they share, each with what the engine says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ldct.statistics.comparison.study import Key, Study
from ldct.statistics.evidence import Question, ask_by_holm
from ldct.statistics.inference.contrasts import Contrasts, contrasts
from ldct.statistics.inference.draws import level_draws
from ldct.statistics.inference.sample import Sample
from ldct.statistics.policy import Evidence, Policy
from ldct.statistics.settings import Settings


@dataclass(frozen=True)
class Drawn:
    """One study of a pair: mean goodness (C, L), and draws of it (D, C, L) over patients and trainings.

    `over_low` holds goodness over the low-dose input, with a last loss that gains nothing. `clusters` is how many units
    the draws stand on, `trainings` whether trainings are among them.
    """

    study: Study
    sample: Sample
    over_low: Sample
    level: np.ndarray
    draws: np.ndarray
    clusters: int
    trainings: bool

    @property
    def name(self) -> str:
        return self.study.name


@dataclass(frozen=True)
class Pair:
    """Studies a and b on shared criteria and losses; `joint` where the same patients share the same folds in both, so
    that what they have in common leaves the difference."""

    a: Drawn
    b: Drawn
    joint: bool
    settings: Settings

    @property
    def criteria(self) -> list[Key]:
        return list(self.a.study.criteria)

    @property
    def losses(self) -> list[str]:
        return self.a.study.losses

    @property
    def confidence(self) -> float:
        return self.settings.confidence

    @cached_property
    def clusters(self) -> int:
        return min(self.a.clusters, self.b.clusters)

    @property
    def policy(self) -> Policy:
        return self.settings.policy

    @cached_property
    def evidence(self) -> Evidence:
        """What every answer about all losses of the two studies stands on: the smaller of both counts."""
        sides = (self.a, self.b)
        runs = [side.sample.runs().any(0) for side in sides]
        fewest = [one.sum(-1)[one.any(-1)].min(initial=99) for one in runs]
        return Evidence(
            estimate=0.0,
            p=1.0,
            p_same=1.0,
            patients=min(len(side.study.patients) for side in sides),
            folds=min(len(side.sample.folds) for side in sides),
            runs=int(sum(one.sum() for one in runs)),
            least_runs=int(min(fewest)),
            answered=all(side.trainings for side in sides),
        )

    def is_primary(self, key: Key) -> bool:
        return self.a.study.criteria[key]["primary"] and self.b.study.criteria[key]["primary"]

    def votes(self, key: Key) -> bool:
        """Whether the metric has a vote in both studies."""
        return self.is_primary(key) and not any(key[0] in side.study.voteless for side in (self.a, self.b))

    def difference(self, weights: np.ndarray, *, over_low: bool = False) -> Question:
        """Contrasts `weights` (J, L) in b minus those in a; of gains (J, L + 1), the last loss being none.

        Holm's correction over contrasts and criteria.
        """
        a, b = ((side.over_low if over_low else side.sample) for side in (self.a, self.b))
        if self.joint:
            return ask_by_holm(contrasts(_side_by_side(a, b), np.concatenate([-weights, weights], 1)))
        return ask_by_holm(_between(contrasts(a, weights), contrasts(b, weights)))


def _between(a: Contrasts, b: Contrasts) -> Contrasts:
    """b minus a of independent studies; degrees of freedom by Welch (1947)."""
    variance = a.variance + b.variance
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = variance**2 / (a.variance**2 / a.freedom + b.variance**2 / b.freedom)
    return replace(
        b,
        estimate=b.estimate - a.estimate,
        variance=variance,
        freedom=freedom,
        method=np.minimum(a.method, b.method),
        patients=np.minimum(a.patients, b.patients),
        folds=np.minimum(a.folds, b.folds),
        runs=a.runs + b.runs,
        least_runs=np.minimum(a.least_runs, b.least_runs),
    )


def _side_by_side(a: Sample, b: Sample) -> Sample:
    """The losses of both studies as losses of one, their patients being the same."""
    seeds = max(a.values.shape[2], b.values.shape[2])
    wide = [
        np.pad(side.values, ((0, 0), (0, 0), (0, seeds - side.values.shape[2]), (0, 0)), constant_values=np.nan)
        for side in (a, b)
    ]
    return Sample(np.concatenate(wide, 1), a.fold_of)


def make_pair(one: Study, two: Study, paired: bool, settings: Settings) -> Pair | None:
    """The pair on what both have; None where they share no criterion, fewer than two losses, or (paired) no patient.

    Paired studies whose patients are in other folds are compared as independent ones, which errs to the wide side.
    """
    criteria = [key for key in one.criteria if key in two.criteria]
    losses = [loss for loss in one.losses if loss in two.losses]
    if not criteria or len(losses) < 2:
        return None
    one, two = one.on(criteria, losses), two.on(criteria, losses)
    if paired:
        both = [patient for patient in one.patients if patient in two.patients]
        one, two = (side.on(criteria, losses, both) for side in (one, two))
    if not one.patients or not two.patients:
        return None
    sides = one, two
    known = [key for c, key in enumerate(criteria) if all(np.isfinite(s.values[c]).any((1, 2)).all() for s in sides)]
    if not known:
        return None
    one, two = (side.on(known, losses, side.patients) for side in sides)
    joint = paired and one.patients == two.patients and _same_folds(one.fold_of, two.fold_of)
    return Pair(_drawn(one, settings, "a"), _drawn(two, settings, "b"), joint, settings)


def _same_folds(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether the patients are grouped alike."""
    return bool(((a[:, None] == a) == (b[:, None] == b)).all())


def _drawn(study: Study, settings: Settings, side: str) -> Drawn:
    sample = Sample(study.values, study.fold_of)
    gain = study.values - study.low[:, None, None]
    over_low = Sample(np.concatenate([gain, np.zeros_like(gain[:, :1])], 1), study.fold_of)
    draws, clusters, trainings = level_draws(sample, settings.draws, settings.rng("compare", study.name, side))
    return Drawn(study, sample, over_low, study.level, draws, clusters, trainings)
