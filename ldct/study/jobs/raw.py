"""Synthetic projections and images: what the jobs of one patient read."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from ldct.config.canonical import canonical
from ldct.study.manifest import fingerprint
from ldct.study.plan import Plan


def simulate_spec(plan: Plan, patient: str) -> str:
    entry, study = plan.patients[patient], plan.study
    return canonical(
        {
            "patient": patient,
            "seed": entry.seed,
            "region": entry.region,
            "scanner": study.scanner.model_dump(),
            "fraction": study.low_dose.fraction,
        }
    )


def images_spec(plan: Plan, patient: str) -> str:
    entry, study = plan.patients[patient], plan.study
    spec: dict[str, Any] = {
        "patient": patient,
        "kind": entry.kind,
        "region": entry.region,
        "allow_lossy": study.cohort.allow_lossy,
        "reconstruction": None,
        "low_dose": None,
    }
    if entry.kind != "dicom":
        spec["reconstruction"] = study.reconstruction.model_dump()
    if entry.kind != "synthetic":
        spec["full"], spec["low"] = relative_text(entry.full), relative_text(entry.low)
        spec["fingerprint"] = fingerprint(replace(entry, images=None))
    if entry.kind != "synthetic" and entry.low is None:
        spec["low_dose"] = study.low_dose.model_dump()
    return canonical(spec)


def axes_spec(plan: Plan, patient: str) -> str:
    entry = plan.patients[patient]
    return canonical(
        {
            "patient": patient,
            "full": relative_text(entry.full),
            "images": relative_text(entry.images),
            "allow_lossy": plan.study.cohort.allow_lossy,
            "fingerprint": fingerprint(replace(entry, low=None)),
        }
    )


def axes_inputs(plan: Plan, patient: str) -> list[str]:
    """The table of a patient's own axes, or those of all others for projections without images to compare with."""
    entry = plan.patients[patient]
    if entry.kind != "ctpd":
        return []
    if entry.images:
        return [f"results/axes/{patient}.parquet"]
    return [f"results/axes/{name}.parquet" for name, entry in plan.patients.items() if entry.images]


def relative_text(path: Path | None) -> str | None:
    """Relative to the working directory, so that a study that is moved does not run again."""
    return None if path is None else os.path.relpath(path)
