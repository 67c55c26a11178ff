"""Two studies on what they share, and the draws by which they are compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import stats

from ldct.statistics.arrays import nanmean
from ldct.statistics.bootstrap import CrossedBootstrap, crossed_means
from ldct.statistics.comparison.study import Key, Study
from ldct.statistics.policy import Evidence, Policy
from ldct.statistics.policy.thresholds import LEAST_FOLDS_AS_REPLICATES
from ldct.statistics.settings import Settings


@dataclass(frozen=True)
class Drawn:
    """One study of a pair: mean goodness (C, L), its draws (D, C, L), the same over the low-dose input, cluster counts.

    Draws resample patients and trainings, so that the noise of a training is not taken for a difference of studies.
    """

    study: Study
    level: np.ndarray
    draws: np.ndarray
    gain: np.ndarray
    gain_draws: np.ndarray
    clusters: int

    @property
    def name(self) -> str:
        return self.study.name

    def of(self, chosen: np.ndarray) -> Drawn:
        """With these draws only."""
        return replace(self, draws=self.draws[chosen], gain_draws=self.gain_draws[chosen])


@dataclass(frozen=True)
class Pair:
    """Studies a and b on shared criteria and losses; `paired` where they hold the same patients, resampled together."""

    a: Drawn
    b: Drawn
    paired: bool
    confidence: float

    @property
    def criteria(self) -> list[Key]:
        return list(self.a.study.criteria)

    @property
    def losses(self) -> list[str]:
        return self.a.study.losses

    @cached_property
    def clusters(self) -> int:
        return min(self.a.clusters, self.b.clusters)

    @property
    def policy(self) -> Policy:
        return Policy.of(self.confidence)

    @cached_property
    def evidence(self) -> Evidence:
        """What every answer about the two studies stands on: the smaller of both counts."""
        studies = (self.a.study, self.b.study)
        runs = [study.runs for study in studies]
        fewest = min(int(one[one.any(-1)].sum(-1).min(initial=99)) for one in runs)
        folds = min(one.shape[1] for one in runs)
        return Evidence(
            estimate=0.0,
            p=1.0,
            p_same=1.0,
            patients=min(len(study.patients) for study in studies),
            folds=folds,
            runs=min(int(one.sum()) for one in runs),
            least_runs=fewest,
            answered=fewest > 1 or folds >= LEAST_FOLDS_AS_REPLICATES,
        )

    def is_primary(self, key: Key) -> bool:
        return self.a.study.criteria[key]["primary"] and self.b.study.criteria[key]["primary"]

    def difference(
        self, a: np.ndarray, b: np.ndarray, value_a: np.ndarray, value_b: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """b - a of values with draws (D, ...): difference, interval, and p, by Student's t with the draws' SD.

        The degrees of freedom are Welch's (1947) for independent studies, and clusters less one for the same patients.
        """
        value = value_b - value_a
        # Drawing n of n units has (n - 1) / n of the variance.
        va, vb = (
            np.nanvar(draws, axis=0) * side.clusters / max(side.clusters - 1, 1)
            for draws, side in ((a, self.a), (b, self.b))
        )
        fa, fb = max(self.a.clusters - 1, 1), max(self.b.clusters - 1, 1)
        if self.paired:
            variance = np.nanvar(b - a, axis=0) * self.clusters / max(self.clusters - 1, 1)
            freedom = np.full(np.shape(variance), float(max(self.clusters - 1, 1)))
        else:
            variance = va + vb
            scale = va**2 / fa + vb**2 / fb
            freedom = np.divide(variance**2, scale, out=np.ones(np.shape(scale)), where=scale > 0)
        error = np.sqrt(variance)
        reach = stats.t.ppf((1 + self.confidence) / 2, freedom) * error
        ratio = np.divide(np.abs(value), error, out=np.full(np.shape(error), np.nan), where=error > 0)
        p = 2 * stats.t.sf(ratio, freedom)
        return value, value - reach, value + reach, p


def make_pair(one: Study, two: Study, paired: bool, settings: Settings) -> Pair | None:
    """The pair on what both have; None where they share no criterion, fewer than two losses, or (paired) no patient."""
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
    a, weights = _draw(one, settings, ("compare", one.name, "a"))
    b, _ = _draw(two, settings, ("compare", two.name, "b"), weights if paired else None)
    # With few trainings a draw can leave a loss without any patient of its folds; such a draw says nothing.
    usable = np.asarray(np.isfinite(a.draws).all((1, 2)) & np.isfinite(b.draws).all((1, 2)))
    return Pair(a.of(usable), b.of(usable), paired, settings.confidence)


def _draw(
    study: Study, settings: Settings, purpose: tuple[str, ...], patients: np.ndarray | None = None
) -> tuple[Drawn, np.ndarray]:
    """A study with its draws, and the weights of patients (draws, P) that they are of; `patients` sets these."""
    boot = CrossedBootstrap(study.runs, study.fold_of, settings.draws, settings.rng(*purpose))
    weights = boot.patients if patients is None else patients
    over = study.values - study.low[:, None, None, :]
    parts = []
    for values in (study.values, over):
        parts += [nanmean(values, (2, 3)), crossed_means(values, weights, boot.runs, study.fold_of)]
    return Drawn(study, *parts, clusters=min(len(study.patients), int(study.runs.sum(axis=(1, 2)).min()))), weights
