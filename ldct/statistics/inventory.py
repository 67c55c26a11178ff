"""On what the analysis stands: the design, runs present and absent, criteria used and unused."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import any_finite
from ldct.statistics.dense import Dense
from ldct.statistics.panel import Coverage, Panel
from ldct.statistics.settings import Settings
from ldct.statistics.trajectories import Histories

Row = dict[str, Any]


def run_rows(dense: Dense, histories: Histories) -> list[Row]:
    """RUNS rows: every run that the study plans."""
    rows: list[Row] = []
    usable = any_finite(dense.good(dense.raw), 0)
    counted = any_finite(dense.course, 0)
    for m, lo, fold, s in np.ndindex(dense.seen.shape):
        key = (dense.models[m], dense.losses[lo], fold, dense.seeds[s])
        mine = dense.fold_of[dense.patient_of] == fold
        images = usable[m, lo, s] & mine
        patients = np.unique(dense.patient_of[images])
        checkpoints = counted[m, lo, s][:, dense.fold_of == fold].any(1)
        epochs = len(histories.epochs.get(key, ()))
        note = histories.unread.get(key)
        if dense.seen[m, lo, fold, s]:
            status = "present" if len(patients) else "failed"
            note = note or (None if len(patients) else "no usable value of the selected epoch")
        elif epochs:
            last = histories.loss[key][-1]
            status = "failed" if not np.isfinite(last) else "missing"
            note = "training diverged" if status == "failed" else note or "trained, but without metrics"
        else:
            status, note = "missing", note or "neither a history nor metrics"
        selected = int(dense.selected[m, lo, fold, s])
        rows.append(
            {
                "model": key[0],
                "loss": key[1],
                "fold": fold,
                "seed": key[3],
                "status": status,
                "epochs": epochs,
                "patients": len(patients),
                "slices": int((images & ~dense.whole).sum()),
                "checkpoints": int(checkpoints.sum()),
                "selected_epoch": selected if selected >= 0 else None,
                "note": note,
            }
        )
    return rows


def coverage_rows(dense: Dense, covers: list[Coverage], runs: list[Row]) -> list[Row]:
    """COVERAGE rows: which losses are ranked, on how many patients, and why not."""
    rows: list[Row] = []
    for cover in covers:
        for lo, loss in enumerate(dense.losses):
            mine = [row for row in runs if row["loss"] == loss and cover.model in (row["model"], "all")]
            absent = [row for row in mine if row["status"] != "present"]
            named = ", ".join(
                f"{row['model']} fold {row['fold']} seed {row['seed']} ({row['status']})" for row in absent
            )
            note = None
            if not cover.ranked[lo]:
                has = int(cover.patients[lo].sum())
                note = f"not ranked, compared in pairs: values for {has} patients only. Absent: {named}"
            elif absent:
                note = f"absent: {named}"
            rows.append(
                {
                    "model": cover.model,
                    "loss": loss,
                    "runs_expected": len(mine),
                    "runs_present": len(mine) - len(absent),
                    "patients": int(cover.patients[lo].sum()),
                    "ranked": bool(cover.ranked[lo]),
                    "patients_ranked": int(cover.kept.sum()),
                    "note": note,
                }
            )
    return rows


def criteria_rows(dense: Dense, panels: list[Panel]) -> list[Row]:
    """CRITERIA rows: used ones, ones without enough values, and metrics of the catalogue that were never measured."""
    rows: list[Row] = []
    for c, criterion in enumerate(dense.criteria):
        used = [panel.count(int(np.flatnonzero(panel.index == c)[0])) for panel in panels if c in panel.index]
        note = None if used else "no image has a value of it for every ranked loss"
        unusable = int(dense.unusable[c].sum())
        if unusable:
            note = f"{note + '; ' if note else ''}{unusable} values absent or not usable"
        rows.append(
            {
                "metric": criterion.metric,
                "window": criterion.window,
                "label": criterion.label,
                "family": criterion.family,
                "direction": criterion.direction,
                "unit": criterion.unit,
                "reference": criterion.reference,
                "primary": criterion.primary,
                "home_of": ",".join(criterion.home_of),
                "patients": max(used, default=0),
                "values": int(np.isfinite(dense.raw[c]).sum()),
                "unusable": unusable,
                "used": bool(used),
                "note": note,
            }
        )
    for card in dense.unmeasured:
        reason = card["note"] or ("not available here" if not card["available"] else "no values in the table")
        names = ("metric", "label", "family", "direction", "unit", "reference")
        zero = {"window": "", "primary": False, "home_of": "", "patients": 0, "values": 0, "unusable": 0, "used": False}
        rows.append({name: card[name] for name in names} | zero | {"note": reason})
    return rows


def design_rows(dense: Dense, panels: list[Panel], runs: list[Row], settings: Settings) -> list[Row]:
    """DESIGN rows: settings and counts a reader needs beside every number."""
    present = sum(row["status"] == "present" for row in runs)
    stated = [
        ("patients", len(dense.patients), "patients with any metric"),
        ("patients_compared", max((len(panel.patients) for panel in panels), default=0), "in paired comparisons"),
        ("slices", int((~dense.whole).sum()), "evaluated slices"),
        ("models", ",".join(dense.models), "networks"),
        ("losses", ",".join(dense.losses), "training losses"),
        ("seeds", ",".join(map(str, dense.seeds)), "training seeds"),
        ("folds", dense.folds, "patient-level folds"),
        ("epochs_evaluated", ",".join(map(str, dense.epochs.tolist())), "epochs with metrics of some run"),
        ("runs_expected", len(runs), "network x loss x fold x seed"),
        ("runs_present", present, "runs with usable metrics"),
        ("criteria", len(dense.criteria), "metric and window pairs with values"),
        ("reference_loss", settings.reference_loss, "loss against which contrasts are taken"),
        ("primary_window", settings.primary_window, "window of the main ranking, with metrics on HU"),
        ("confidence", settings.confidence, "level of every interval"),
        ("bootstrap_draws", settings.draws, "resamples of patients, and of slices within them"),
        ("seed", settings.seed, "seed of all resampling"),
        ("interval", "expanded percentile", "percentiles widened by Student's t for few patients (Hesterberg 2015)"),
        ("zero_and_one", "-|v|, -|log v|", "goodness of 'zero' and 'one' metrics, taken slice by slice"),
    ]
    return [{"key": key, "value": str(value), "about": about} for key, value, about in stated]
