"""Variance components of goodness: loss, patient, patient x loss, seed, slice and residual."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import nanmean, number
from ldct.statistics.bootstrap import means_over_patients
from ldct.statistics.panel import Panel

Row = dict[str, Any]
COMPONENTS = ("loss", "patient", "patient_loss", "seed", "slice", "residual")


def components(
    cells: np.ndarray, fold_of: np.ndarray, slice_variance: float, residual: float, slices: float
) -> dict[str, float]:
    """Method-of-moments components from patient means `cells` (losses, seeds, patients), NaN for a missing run.

    y = loss + patient + patient x loss + run(loss, fold, seed) + slice(patient) + residual, all random; expected mean
    squares of the balanced design solved in turn (Searle, Casella & McCulloch 1992, chapter 4), which equals REML
    there while no estimate is negative. Runs are shared by the patients of a fold. `slice_variance` and `residual`
    come from within patients with `slices` slices each. NaN where patients, losses or seeds are too few.
    """
    losses, seeds, n = cells.shape
    noise = residual / slices if np.isfinite(residual) and slices > 0 else 0.0
    reps = np.isfinite(cells).sum(1)
    mean = nanmean(cells, 1)
    folds = [np.flatnonzero(fold_of == fold) for fold in np.unique(fold_of)]
    run = _run_variance(cells, folds) if seeds > 1 else np.nan
    known = run if np.isfinite(run) else 0.0
    per_cell = float(np.mean(1 / np.maximum(reps, 1)))
    share = sum(len(fold) ** 2 for fold in folds) / n
    grand = mean.mean()
    main_loss, main_patient = mean.mean(1), mean.mean(0)
    rest = mean - main_loss[:, None] - main_patient[None, :] + grand
    if n > 1 and losses > 1:
        ms = float((rest**2).sum() / ((n - 1) * (losses - 1)))
        crossed = ms - known * per_cell * (n - share) / (n - 1) - noise * per_cell
    else:
        ms = crossed = np.nan
    between = known * per_cell * share / n + (crossed + noise * per_cell) / n
    slice_part = slice_variance / slices if np.isfinite(slice_variance) and slices > 0 else 0.0
    return {
        "loss": float(main_loss.var(ddof=1) - between) if losses > 1 else np.nan,
        "patient": float(main_patient.var(ddof=1) - ms / losses - slice_part) if n > 1 else np.nan,
        "patient_loss": crossed,
        "seed": run,
        "slice": slice_variance,
        "residual": residual,
    }


def _run_variance(cells: np.ndarray, folds: list[np.ndarray]) -> float:
    """Variance of runs: seeds' mean over a fold's patients, less what patients x seeds explain; pooled."""
    estimates, weights = [], []
    for fold in folds:
        block = cells[:, :, fold]
        whole = np.isfinite(block).all(axis=(1, 2))
        block = block[whole]
        if len(block) == 0:
            continue
        n, seeds = len(fold), cells.shape[1]
        between = block.mean(2).var(axis=1, ddof=1)
        rest = block - block.mean(2, keepdims=True) - block.mean(1, keepdims=True) + block.mean((1, 2), keepdims=True)
        within = (rest**2).sum((1, 2)) / ((n - 1) * (seeds - 1)) if n > 1 else np.zeros(len(block))
        estimates.append(float((between - within / n).mean()))
        weights.append(len(block))
    return float(np.average(estimates, weights=weights)) if estimates else float("nan")


def slice_components(panel: Panel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per criterion and patient, the variance of slices common to all runs, the residual, and slices: three (C, P)."""
    c_count, n = len(panel.criteria), len(panel.patients)
    out = np.full((3, c_count, n), np.nan)
    for p in range(n):
        block = panel.good[..., panel.patient_of == p].reshape(c_count, -1, int((panel.patient_of == p).sum()))
        for c in range(c_count):
            values = block[c]
            values = values[:, np.isfinite(values).any(0)]
            values = values[np.isfinite(values).all(1)] if values.size else values
            runs, slices = values.shape
            out[2, c, p] = slices
            if runs < 2 or slices < 2:
                continue
            by_slice = values.mean(0)
            rest = values - by_slice - values.mean(1, keepdims=True) + values.mean()
            residual = (rest**2).sum() / ((runs - 1) * (slices - 1))
            out[0, c, p] = by_slice.var(ddof=1) - residual / runs
            out[1, c, p] = residual
    return out[0], out[1], out[2]


def variance_rows(panel: Panel) -> list[Row]:
    """VARIANCE rows, standard errors by the jackknife over patients."""
    cells = means_over_patients(panel.good, panel.patient_of, len(panel.patients))
    by_slice, residual, slices = slice_components(panel)
    rows: list[Row] = []
    for c, criterion in enumerate(panel.criteria):
        whole = np.flatnonzero(np.isfinite(panel.by_patient[c]).all(0))

        def estimate(patients: np.ndarray, c: int = c) -> dict[str, float]:
            part = (float(nanmean(values[c, patients], 0)) for values in (by_slice, residual, slices))
            return components(cells[c][..., patients], panel.fold_of[patients], *part)

        found = estimate(whole)
        n = len(whole)
        left_out = [estimate(np.delete(whole, i)) for i in range(n)] if n > 2 else []
        total = sum(max(value, 0.0) for value in found.values() if np.isfinite(value))
        for name in COMPONENTS:
            value = found[name]
            errors = np.array([part[name] for part in left_out])
            se = np.sqrt((n - 1) / n * ((errors - errors.mean()) ** 2).sum()) if n > 2 else np.nan
            rows.append(
                {
                    "model": panel.model,
                    "metric": criterion.metric,
                    "window": criterion.window,
                    "component": name,
                    "variance": number(value),
                    "share": number(max(value, 0.0) / total) if np.isfinite(value) and total > 0 else None,
                    "standard_error": number(se),
                    "patients": n,
                    "note": None if np.isfinite(value) else "cannot tell: too few patients, seeds or slices",
                }
            )
    return rows
