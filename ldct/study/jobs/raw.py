"""Synthetic projections and images: what the jobs of one patient read."""

from __future__ import annotations

import os
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
        spec["full"], spec["low"] = _text(entry.full), _text(entry.low)
        spec["fingerprint"] = fingerprint(entry)
    if entry.kind != "synthetic" and entry.low is None:
        spec["low_dose"] = study.low_dose.model_dump()
    return canonical(spec)


def _text(path: Path | None) -> str | None:
    """Relative to the working directory, so that a study that is moved does not run again."""
    return None if path is None else os.path.relpath(path)
