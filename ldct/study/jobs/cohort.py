"""Cohort tables and patches: what their jobs read."""

from __future__ import annotations

from ldct.config.canonical import canonical
from ldct.study.plan import Plan


def cohort_spec(plan: Plan) -> str:
    patients = [
        {"patient": p.patient, "region": p.region, "kind": p.kind, "fold": plan.fold_of[p.patient]}
        for p in plan.patients.values()
    ]
    roles = {
        str(fold): {"train": r.train, "validation": r.validation, "test": r.test} for fold, r in plan.roles.items()
    }
    return canonical({"patients": patients, "split": roles})


def patches_spec(plan: Plan, fold: int) -> str:
    """Patches are drawn for the patients tested in `fold`; the trainings of the other folds read them."""
    unread = {"per_patient", "seed"} if plan.study.patches.sampling == "whole_volume" else set()
    return canonical({"patients": plan.roles[fold].test, **plan.study.patches.model_dump(exclude=unread)})
