"""Validation loss against every metric over training, run by run and patient by patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from ldct.errors import InputError
from ldct.statistics.arrays import all_finite, nanmean, number
from ldct.statistics.ceiling import Courses, half_agreement
from ldct.statistics.course_summary import summary_rows
from ldct.statistics.dense import Dense
from ldct.statistics.settings import Settings
from ldct.statistics.trajectory import LEAST_POINTS, erratic, follow, regret, shift_p
from ldct.tables.history import HISTORY
from ldct.tables.io import read_table

if TYPE_CHECKING:
    from ldct.stages.keys import Run as RunKey

Row = dict[str, Any]
MEASURES = ("spearman", "kendall", "concordance", "mann_kendall", "reversal_rate", "roughness", "regret")


@dataclass(frozen=True)
class Histories:
    """Validation loss and RMSE (HU) by epoch of each run (model, loss, fold, seed)."""

    epochs: dict[tuple, np.ndarray]
    loss: dict[tuple, np.ndarray]
    rmse: dict[tuple, np.ndarray]
    unread: dict[tuple, str]
    # Loss -> term -> mean share of the gradient over epochs and trainings.
    shares: dict[str, dict[str, float]] = field(default_factory=dict)


def read_histories(histories: Mapping[RunKey, Path]) -> Histories:
    """Read what can be read; a run without a readable history is named in `unread`."""
    found = Histories({}, {}, {}, {})
    parts: dict[str, dict[str, list[float]]] = {}
    for run, path in histories.items():
        key = (run.model, run.loss, run.fold, run.seed)
        try:
            table = read_table(path, HISTORY)
        except InputError as error:
            found.unread[key] = f"no history: {error.found}"
            continue
        found.epochs[key] = table["epoch"].to_numpy()
        found.loss[key] = table["validation_loss"].to_numpy()
        found.rmse[key] = table["validation_rmse_hu"].to_numpy()
        for term in (term for epoch in table["terms"].to_pylist() for term in epoch or ()):
            if term["gradient_share"] is not None and np.isfinite(term["gradient_share"]):
                parts.setdefault(run.loss, {}).setdefault(term["term"], []).append(term["gradient_share"])
    found.shares.update({loss: {name: fmean(values) for name, values in of.items()} for loss, of in parts.items()})
    return found


@dataclass(frozen=True)
class Run:
    """Courses of one run at the epochs that have both a validation loss and values."""

    key: tuple[str, str, int, int]
    at: tuple[int, int, int, int]  # model, loss, fold, seed as indices
    epochs: np.ndarray  # (K,)
    validation: np.ndarray  # (K,)
    good: np.ndarray  # (C, P of the fold, K)
    raw: np.ndarray  # (C, P of the fold, K)
    patients: np.ndarray  # (P of the fold,)
    selected: int  # epoch


def runs(dense: Dense, histories: Histories) -> Iterator[Run]:
    """Every run that has values and a history."""
    for m, lo, fold, s in zip(*np.nonzero(dense.seen), strict=True):
        key = (dense.models[m], dense.losses[lo], int(fold), dense.seeds[s])
        if key not in histories.loss:
            continue
        patients = np.flatnonzero(dense.fold_of == fold)
        good = np.moveaxis(dense.course[:, m, lo, s][..., patients], 1, 2)
        raw = np.moveaxis(dense.course_raw[:, m, lo, s][..., patients], 1, 2)
        of_epoch = dict(zip(histories.epochs[key].tolist(), histories.loss[key].tolist(), strict=True))
        validation = np.array([of_epoch.get(int(epoch), np.nan) for epoch in dense.epochs])
        kept = np.isfinite(validation) & np.isfinite(good).any((0, 1))
        yield Run(
            key=key,
            at=(m, lo, fold, s),
            epochs=dense.epochs[kept],
            validation=validation[kept],
            good=good[..., kept],
            raw=raw[..., kept],
            patients=patients,
            selected=int(dense.selected[m, lo, fold, s]),
        )


def trajectories(
    dense: Dense, histories: Histories, settings: Settings
) -> tuple[list[Row], list[Row], list[Row], Courses]:
    """TRAJECTORY_POINTS, TRAJECTORIES and TRAJECTORY_SUMMARY rows, and the measures of each run.

    A run's course is the mean over the patients of its fold of their means over slices: courses of single patients turn
    by the noise of their slices.
    """
    shape = (*dense.raw.shape[:4], len(dense.patients))
    measures = {name: np.full(shape, np.nan) for name in MEASURES}
    halves, loss_turns, epochs = (np.full(shape, np.nan) for _ in range(3))
    unit = _seed_sd(dense)
    points: list[Row] = []
    rows: list[Row] = []
    counts = np.zeros((len(dense.models), len(dense.losses), dense.folds, len(dense.seeds)), int)
    for run in runs(dense, histories):
        m, lo, _, s = run.at
        counts[run.at] = len(run.epochs)
        points += _points(dense, run)
        whole = all_finite(run.good, -1)
        mean = nanmean(np.where(whole[..., None], run.good, np.nan), 1)
        usable = np.asarray(whole.any(1)) & (len(run.epochs) >= LEAST_POINTS)
        of_run = _measures(run, mean[usable], unit[usable, m]) if usable.any() else {}
        rows += _run_rows(dense, run, mean, usable, of_run)
        rows += _history_row(run.key, histories)
        if not usable.any():
            continue
        agree = half_agreement(run.good, whole, settings.rng("halves", *map(str, run.key)))
        turns = float(erratic(-run.validation)["reversal_rate"])
        for place, c in enumerate(np.flatnonzero(usable)):
            at = (c, m, lo, s, run.patients[whole[c]])
            for name in MEASURES:
                measures[name][at] = of_run[name][place]
            halves[at], loss_turns[at], epochs[at] = agree[c], turns, len(run.epochs)
    courses = Courses(measures, halves, loss_turns, epochs, held_out_regret(dense, unit))
    return points, rows, summary_rows(dense, courses, counts, settings), courses


def _measures(run: Run, y: np.ndarray, unit: np.ndarray) -> dict[str, np.ndarray]:
    """All measures of courses `y` (C, K) of a run, of which `unit` (C,) is the SD between seeds."""
    measured = {**follow(-run.validation, y), **erratic(y)}
    place = np.flatnonzero(run.epochs == run.selected)
    raw = regret(y, int(place[0])) if len(place) else np.full(y.shape[:-1], np.nan)
    measured["regret_raw"] = raw
    measured["regret"] = np.divide(raw, unit, out=np.full(raw.shape, np.nan), where=unit > 0)
    return measured


def _run_rows(
    dense: Dense, run: Run, mean: np.ndarray, usable: np.ndarray, measured: Mapping[str, np.ndarray]
) -> list[Row]:
    """TRAJECTORIES rows of a run: courses `mean` (C, K), and measures of those marked `usable` (C,)."""
    rows = []
    place = np.cumsum(usable) - 1
    for c, criterion in enumerate(dense.criteria):
        row = _key(run.key) | {
            "metric": criterion.metric,
            "window": criterion.window,
            "points": len(run.epochs),
            "selected_epoch": run.selected if run.selected >= 0 else None,
        }
        y = mean[c]
        if not usable[c]:
            rows.append(row | {"note": f"cannot tell: {len(y)} epochs with values; at least {LEAST_POINTS} are needed"})
            continue
        p = shift_p(-run.validation, y)
        note = None if np.isfinite(p) else f"cannot tell chance: {len(y)} epochs; circular shifts need 20"
        best = int(run.epochs[int(np.argmax(y))])
        rows.append(
            row
            | {name: number(values[place[c]]) for name, values in measured.items()}
            | {"p_shift": number(p), "best_epoch": best, "note": note}
        )
    return rows


def _history_row(key: tuple, histories: Histories) -> list[Row]:
    """The validation RMSE of the history, which has a value at every epoch, as one more metric."""
    loss, rmse = histories.loss[key], histories.rmse[key]
    kept = np.isfinite(loss) & np.isfinite(rmse)
    if kept.sum() < LEAST_POINTS:
        return []
    y, epochs = -rmse[kept], histories.epochs[key][kept]
    found = {**follow(-loss[kept], y), **erratic(y)}
    row = _key(key) | {"metric": "validation_rmse_hu", "window": "hu", "points": int(kept.sum())}
    extra = {"p_shift": number(shift_p(-loss[kept], y)), "best_epoch": int(epochs[int(np.argmax(y))])}
    note = "from the training history: every epoch, validation patients"
    return [row | {name: number(value) for name, value in found.items()} | extra | {"note": note}]


def _points(dense: Dense, run: Run) -> list[Row]:
    good, raw = nanmean(run.good, 1), nanmean(run.raw, 1)
    return [
        _key(run.key)
        | {
            "metric": criterion.metric,
            "window": criterion.window,
            "epoch": int(epoch),
            "validation_loss": float(run.validation[k]),
            "mean": number(raw[c, k]),
            "goodness": number(good[c, k]),
            "selected": int(epoch) == run.selected,
        }
        for c, criterion in enumerate(dense.criteria)
        for k, epoch in enumerate(run.epochs)
        if np.isfinite(good[c, k])
    ]


def held_out_regret(dense: Dense, unit: np.ndarray) -> np.ndarray:
    """Goodness at the epoch that is best in the other folds, minus that at the selected one, in `unit` (C, M).

    (C, M, L, S, P). The best of a run's own epochs is partly luck; an epoch chosen on other runs and patients is not,
    so this may be below 0. NaN with one fold, and where a run lacks one of the two epochs.
    """
    out = np.full((*dense.course.shape[:4], len(dense.patients)), np.nan)
    if len(dense.epochs) == 0:
        return out
    place = {int(epoch): k for k, epoch in enumerate(dense.epochs)}
    for fold in range(dense.folds):
        mine, others = np.flatnonzero(dense.fold_of == fold), np.flatnonzero(dense.fold_of != fold)
        if len(mine) == 0 or len(others) == 0:
            continue
        curve = nanmean(dense.course[..., others], (3, 5))
        best = np.where(np.isfinite(curve), curve, -np.inf).argmax(3)
        for m, lo, s in zip(*np.nonzero(dense.selected[:, :, fold] >= 0), strict=True):
            at = place[int(dense.selected[m, lo, fold, s])]
            own = dense.course[:, m, lo, s][..., mine]
            chosen = np.take_along_axis(own, best[:, m, lo, None, None], axis=1)[:, 0]
            out[:, m, lo, s][:, mine] = chosen - own[:, at]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(unit > 0, 1 / unit, np.nan)[:, :, None, None, None] * out


def _seed_sd(dense: Dense) -> np.ndarray:
    """Between-seed SD (C, M) of the mean goodness at the selected epoch, pooled over losses; NaN with one seed."""
    level = nanmean(dense.good(dense.raw), 4)
    whole = np.isfinite(level).all(3)
    if level.shape[3] < 2:
        return np.full(level.shape[:2], np.nan)
    variance = np.where(whole, level.var(axis=3, ddof=1), np.nan)
    return np.sqrt(nanmean(variance, 2))


def _key(key: tuple) -> Row:
    return {"model": key[0], "loss": key[1], "fold": int(key[2]), "seed": int(key[3])}
