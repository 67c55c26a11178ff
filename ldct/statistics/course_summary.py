"""Courses of training over runs: means and intervals of their measures, and whether metrics follow the loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import nanmean, number
from ldct.statistics.ceiling import (
    Courses,
    control_concordance,
    least_concordance,
    most_reversals,
    positive_controls,
)
from ldct.statistics.dense import Dense
from ldct.statistics.evidence import Question, ask
from ldct.statistics.inference.contrasts import Contrasts, contrasts
from ldct.statistics.inference.sample import Sample
from ldct.statistics.policy.thresholds import CHANCE_CONCORDANCE, ERRATIC_RATE
from ldct.statistics.settings import Settings
from ldct.statistics.trajectory import LEAST_POINTS

Row = dict[str, Any]


class FollowedLoss:
    """Whether the metrics of network `m` follow the loss, by run; arrays (C, L, S, P)."""

    def __init__(self, dense: Dense, courses: Courses, m: int, settings: Settings):
        self.concordance = courses.measures["concordance"][:, m]
        self.reversals = courses.measures["reversal_rate"][:, m]
        halves = courses.halves[:, m]
        controls = positive_controls(dense.criteria, dense.losses, settings.terms)
        self.control = control_concordance(self.concordance, controls)  # (L, S, P)
        self.least = least_concordance(self.control, halves)
        self.most = most_reversals(courses.loss_turns[:, m], halves, courses.points[:, m])
        self._fold_of, self._settings = dense.fold_of, settings

    def control_follows(self) -> bool:
        """Whether the metrics that equal a loss surely follow it; without that nothing can be said of the others."""
        results = level(nanmean(self.control, 0)[None, None], self._fold_of)
        low, high = results.interval(self._settings.confidence)
        evidence = ask(results, np.zeros(1), 0, np.random.default_rng(0)).evidence(0, 0)
        answer = self._settings.policy.side(low[0, 0], high[0, 0], CHANCE_CONCORDANCE, "follows", "opposes", evidence)
        return answer.verdict == "follows"


def level(values: np.ndarray, fold_of: np.ndarray) -> Contrasts:
    """Mean over patients of `values` (C, L, S, P) of each loss, with trainings (and what patients differ in) random."""
    return contrasts(Sample(values, fold_of), np.eye(values.shape[1]))


def with_mean(values: np.ndarray) -> np.ndarray:
    """`values` (C, L, S, P) and their mean over losses as one loss more."""
    return np.concatenate([values, nanmean(values, 1)[:, None]], 1)


def summary_rows(dense: Dense, courses: Courses, counts: np.ndarray, settings: Settings) -> list[Row]:
    """TRAJECTORY_SUMMARY rows; `counts` (M, L, F, S) holds the epochs of each run, 0 where there is none."""
    rows: list[Row] = []
    for m, model in enumerate(dense.models):
        if not counts[m].any():
            continue
        by_name = {name: with_mean(values[:, m]) for name, values in courses.measures.items()}
        by_name["held_out_regret"] = with_mean(courses.held_out_regret[:, m])
        results = {name: level(values, dense.fold_of) for name, values in by_name.items()}
        ends = {name: one.interval(settings.confidence) for name, one in results.items()}
        judge = _Judge(dense, courses, m, settings)
        for lo, loss in enumerate([*dense.losses, "all"]):
            chosen = counts[m] if loss == "all" else counts[m, lo]
            done = chosen[chosen > 0]
            if len(done) == 0:
                continue
            for c, criterion in enumerate(dense.criteria):
                n = int(results["concordance"].patients[c, lo])
                row: Row = {"model": model, "loss": loss, "metric": criterion.metric, "window": criterion.window}
                row |= {"points": int(done.min()), "runs": len(done), "patients": n}
                row |= {"verdict": "cannot tell", "course": "cannot tell", "reason": ""}
                if n == 0:
                    rows.append(row | {"note": f"fewer than {LEAST_POINTS} epochs with values"})
                    continue
                for name, one in results.items():
                    low, high = ends[name]
                    row[name] = number(one.estimate[c, lo])
                    row[f"{name}_low"], row[f"{name}_high"] = number(low[c, lo]), number(high[c, lo])
                rows.append(row | judge.columns(c, lo))
    return rows


class _Judge:
    """Verdicts of one network: each question is a family over criteria and losses."""

    def __init__(self, dense: Dense, courses: Courses, m: int, settings: Settings):
        self.policy = settings.policy
        followed = FollowedLoss(dense, courses, m, settings)
        self.control = followed.control_follows()
        self.least, self.most = (with_mean(values) for values in (followed.least, followed.most))
        self.level = {"least": nanmean(self.least, (2, 3)), "most": nanmean(self.most, (2, 3))}

        def asked(name: str, values: np.ndarray) -> Question:
            rng = settings.rng("courses", name, dense.models[m])
            return ask(level(values, dense.fold_of), np.zeros(len(values)), settings.draws, rng)

        concordance, reversals = with_mean(followed.concordance), with_mean(followed.reversals)
        self.follow = asked("follow", concordance - CHANCE_CONCORDANCE)
        self.short = asked("short", with_mean(followed.concordance - followed.least))
        self.turns = asked("turns", reversals - ERRATIC_RATE)
        self.excess = asked("excess", with_mean(followed.reversals - followed.most))

    def columns(self, c: int, lo: int) -> Row:
        """Verdicts, and what noise leaves, of criterion c under loss lo."""
        follows = self.policy.follows(self.follow.evidence(c, lo), self.short.evidence(c, lo), control=self.control)
        course = self.policy.erratic(self.turns.evidence(c, lo), self.excess.evidence(c, lo))
        return {
            "least_concordance": number(self.level["least"][c, lo]),
            "most_reversals": number(self.level["most"][c, lo]),
            "verdict": follows.verdict,
            "reason": follows.why,
            "course": course.verdict,
        }
