"""What noise leaves of a metric that is a function of the loss: the noise ceiling of a course of training.

Two halves of a run's patients see the same network. If the metric is a function of the loss, a half's mean moves the
wrong way in a share q of the steps, by noise; two halves then agree in 1 - 2 q (1 - q) of the steps, which is at most
1 - q. The validation loss has noise too: the metric that equals the loss, the positive control, is concordant with it
in a share C0 of the steps, itself at most what noise of the loss leaves. So a metric that follows the loss is
concordant in at least C0 + (agreement of halves) - 1, step by step, whatever the size of the noise in each.
A turning point rests on two steps, so noise adds at most twice the share of wrong steps to those of the loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from ldct.statistics.arrays import nanmean
from ldct.statistics.dense import Criterion
from ldct.statistics.home import Terms, home_metrics

# Ways to part the patients of a fold: all of them where there are no more.
MOST_SPLITS = 40


@dataclass(frozen=True)
class Courses:
    """Measures of the course of each run, the mean over the patients of its fold.

    Arrays are (C, M, L, S, P): the patients of a fold share what is of their run, NaN where there is none.
    """

    measures: dict[str, np.ndarray]
    halves: np.ndarray  # share of steps in which two halves of the patients move the same way
    loss_turns: np.ndarray  # share of inner points at which the validation loss turns
    points: np.ndarray  # evaluated epochs
    held_out_regret: np.ndarray  # of each patient, not of the run


def half_agreement(y: np.ndarray, whole: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(C,) share of the steps of `y` (C, P, K) in which means of two halves of the patients move the same way.

    Half a step where one stands still; mean over ways to part the patients. `whole` (C, P) marks the patients that
    count. NaN for fewer than two of them.
    """
    patients = y.shape[1]
    out = np.full(len(y), np.nan)
    if patients < 2:
        return out
    first = _splits(patients, rng).astype(float)
    counted, filled = whole.astype(float), np.where(whole[..., None], y, 0.0)
    steps, valid = [], np.ones((len(first), len(y)), bool)
    for half in (first, 1 - first):
        size = half @ counted.T
        mean = np.tensordot(half, filled, (1, 1)) / np.maximum(size, 1)[..., None]
        steps.append(np.sign(np.diff(mean, axis=-1)))
        valid &= size > 0
    agree = ((steps[0] * steps[1]).mean(-1) + 1) / 2
    return nanmean(np.where(valid, agree, np.nan), 0)


def positive_controls(criteria: Sequence[Criterion], losses: Sequence[str], terms: Terms) -> list[list[int]]:
    """Of each loss, the criteria that equal it: the first measured metric that its one term declares to optimise.

    Empty for a loss of several terms, which no metric equals, and where the metric is not measured.
    """
    out = []
    for loss in losses:
        single = len(terms.get(loss, [loss])) == 1
        places: list[int] = []
        for metric in home_metrics(loss, terms) if single else ():
            places = [c for c, one in enumerate(criteria) if one.primary and one.metric == metric]
            if places:
                break
        out.append(places)
    return out


def control_concordance(concordance: np.ndarray, controls: Sequence[Sequence[int]]) -> np.ndarray:
    """(L, S, P) concordance of the positive controls, from that of all metrics (C, L, S, P).

    A loss without one borrows the mean of the others' in the same runs: their validation patients are the same.
    """
    losses = [
        nanmean(concordance[list(places), loss], 0) if places else np.full(concordance.shape[2:], np.nan)
        for loss, places in enumerate(controls)
    ]
    mine = np.stack(losses)
    return np.where(np.isfinite(mine), mine, nanmean(mine, 0)[None])


def least_concordance(control: np.ndarray, halves: np.ndarray) -> np.ndarray:
    """Least share of concordant steps that noise leaves to a metric that follows the loss, (C, L, S, P).

    control (L, S, P), halves (C, L, S, P).
    """
    return control[None] + halves - 1


def most_reversals(loss_turns: np.ndarray, halves: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Greatest share of turning points of a metric that follows a loss which itself turns at `loss_turns`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return loss_turns + 2 * (points - 1) / (points - 2) * (1 - halves)


def _splits(patients: int, rng: np.random.Generator) -> np.ndarray:
    """(T, patients) bool: which patients are in the first half."""
    size = patients // 2
    if comb(patients, size) <= MOST_SPLITS:
        chosen = [list(half) for half in combinations(range(patients), size)]
    else:
        chosen = [rng.permutation(patients)[:size].tolist() for _ in range(MOST_SPLITS)]
    out = np.zeros((len(chosen), patients), bool)
    for row, half in zip(out, chosen, strict=True):
        row[half] = True
    return out
