"""What the verdicts of one network stand on: the engine's results for each question, and the words they allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ldct.statistics.inference.common_order import LEAST_WORLDS, Agreement, Worlds, agreement, worlds
from ldct.statistics.inference.contrasts import (
    BY_NOTHING,
    Contrasts,
    contrasts,
    pair_weights,
    reference_weights,
    rest_weights,
)
from ldct.statistics.inference.draws import level_draws
from ldct.statistics.inference.families import adjusted
from ldct.statistics.panel import Panel
from ldct.statistics.policy import Evidence
from ldct.statistics.settings import Settings
from ldct.statistics.wilcoxon import holm

# Fewer draws leave no tail to read an adjusted p from.
LEAST_DRAWS = 1000


@dataclass(frozen=True)
class Question:
    """A family of contrasts: results, their p after correction within the family, and p of being within a margin."""

    results: Contrasts
    p: np.ndarray  # (C, J)
    p_same: np.ndarray  # (C, J)

    @property
    def tests(self) -> int:
        """Tests of the family."""
        return int((self.results.method != BY_NOTHING).sum())

    def evidence(self, c: int, j: int) -> Evidence:
        """What the contrast j stands on by criterion c."""
        one = self.results
        return Evidence(
            estimate=float(one.estimate[c, j]),
            p=float(self.p[c, j]),
            p_same=float(self.p_same[c, j]),
            patients=int(one.patients[c, j]),
            folds=int(one.folds[c, j]),
            runs=int(one.runs[c, j]),
            least_runs=int(one.least_runs[c, j]),
            answered=bool(one.method[c, j] != BY_NOTHING),
            varies=bool(one.variance[c, j] != 0),
            tests=self.tests,
        )


class Verdicts:
    """The engine's answers for a panel, each question asked once."""

    def __init__(self, panel: Panel, settings: Settings):
        self.panel, self.settings = panel, settings
        self._agreements: dict[tuple, Agreement] = {}

    @cached_property
    def patient_sd(self) -> np.ndarray:
        """(C,) SD between patients of goodness, mean over losses and seeds: the unit of standing margins."""
        return patient_sd(self.panel.ranked_sample.values)

    @cached_property
    def margin(self) -> np.ndarray:
        """(C,) within what a difference is called the same, in goodness."""
        pairs = zip(self.panel.criteria, self.patient_sd, strict=True)
        return np.array([self.settings.policy.margin(criterion.metric, float(sd)) for criterion, sd in pairs])

    @cached_property
    def against_reference(self) -> Question | None:
        """Every compared loss minus the reference; None where the reference has no values."""
        if self.settings.reference_loss not in self.panel.compared:
            return None
        reference = self.panel.compared.index(self.settings.reference_loss)
        return self._ask("reference", reference_weights(len(self.panel.compared), reference), ranked=False)

    @cached_property
    def against_rest(self) -> Question:
        """Every compared loss minus the mean of the others: whether the losses differ at all."""
        return self._ask("rest", rest_weights(len(self.panel.compared), self.panel.complete), ranked=False)

    @cached_property
    def pairs(self) -> Question:
        """All pairs of ranked losses, first minus second."""
        return self._ask("pairs", pair_weights(len(self.panel.losses)), ranked=True)

    @cached_property
    def _drawn(self) -> tuple[np.ndarray, int, bool]:
        rng = self.settings.rng("levels", self.panel.model)
        return level_draws(self.panel.ranked_sample, self.settings.draws, rng)

    @property
    def draws(self) -> np.ndarray:
        """(draws, C, L) levels of the ranked losses as other patients and trainings might have given them."""
        return self._drawn[0]

    @property
    def clusters(self) -> int:
        """Units behind `draws`: patients or runs, whichever are fewer."""
        return self._drawn[1]

    @cached_property
    def world(self) -> Worlds:
        """Simulated studies like this one, against which agreement is read."""
        constructs = [criterion.construct for criterion in self.panel.criteria]
        rng = self.settings.rng("worlds", self.panel.model)
        return worlds(self.panel.ranked_sample, constructs, max(2 * self.settings.draws, LEAST_WORLDS), rng)

    def agreement(self, judges: Sequence[np.ndarray], confidence: float) -> Agreement:
        """Agreement of judges about the ranked losses; each judge holds criteria."""
        key = (*(tuple(judge.tolist()) for judge in judges), confidence)
        if key not in self._agreements:
            self._agreements[key] = agreement(self.world, judges, confidence)
        return self._agreements[key]

    @cached_property
    def standing(self) -> Evidence:
        """What an answer about all ranked losses and criteria stands on."""
        results = self.pairs.results
        runs = self.panel.ranked_sample.runs().any(0)
        return Evidence(
            estimate=0.0,
            p=1.0,
            p_same=1.0,
            patients=len(self.panel.patients),
            folds=len(self.panel.ranked_sample.folds),
            runs=int(runs.sum()),
            least_runs=int(results.least_runs.min(initial=99)),
            answered=bool((results.method != BY_NOTHING).all()),
        )

    def _ask(self, name: str, weights: np.ndarray, *, ranked: bool) -> Question:
        sample = self.panel.ranked_sample if ranked else self.panel.sample
        results = contrasts(sample, weights)
        rng = self.settings.rng("family", name, self.panel.model)
        return ask(results, self.margin, self.settings.draws, rng)


def ask(results: Contrasts, margin: np.ndarray, draws: int, rng: np.random.Generator) -> Question:
    """A family of its own of `results`, the same within `margin` (C,).

    A contrast is either 0 or beyond the margin, never both, so that Bonferroni's p of being within the margin beside
    the corrected p of a difference keep the family's level together.
    """
    tests = max(int((results.method != BY_NOTHING).sum()), 1)
    same = np.minimum(1.0, tests * results.p_within(margin[:, None]))
    return Question(
        results, adjusted(results, max(draws, LEAST_DRAWS), rng), np.where(results.method != BY_NOTHING, same, 1.0)
    )


def ask_by_holm(results: Contrasts) -> Question:
    """A family of its own of `results` where no common draws exist; nothing is called the same."""
    asked = results.method != BY_NOTHING
    p = np.ones(asked.shape)
    p[asked] = holm(results.p()[asked])
    return Question(results, p, np.ones(p.shape))


def patient_sd(values: np.ndarray) -> np.ndarray:
    """(C,) SD between patients of the mean over losses and seeds of `values` (C, L, S, P); NaN for fewer than two."""
    known = np.isfinite(values)
    count = known.sum((1, 2))
    mean = np.where(known, values, 0.0).sum((1, 2)) / np.maximum(count, 1)
    here = count > 0
    n = here.sum(1)
    centre = np.where(here, mean, 0.0).sum(1) / np.maximum(n, 1)
    square = (np.where(here, mean - centre[:, None], 0.0) ** 2).sum(1)
    return np.where(n > 1, np.sqrt(square / np.maximum(n - 1, 1)), np.nan)
