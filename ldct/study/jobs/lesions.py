"""Lesions, what is seen of them, and what that says of the losses: what the jobs read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ldct.config.canonical import canonical
from ldct.study.code import closure
from ldct.study.jobs.raw import relative_text
from ldct.study.jobs.training import model_file, model_spec
from ldct.study.plan import Plan, Run

# What does not concern where lesions are and what they look like.
OBSERVERS = {"channels", "internal_noise", "masks"}
LESIONS_SHOWN = 3


def has_lesions(plan: Plan) -> bool:
    return plan.study.lesions.per_patient > 0 or bool(plan.study.lesions.masks)


def lesions_spec(plan: Plan, patient: str) -> str:
    entry, study = plan.patients[patient], plan.study
    spec: dict[str, Any] = {
        "patient": patient,
        "kind": entry.kind,
        "slices_per_patient": study.evaluation.slices_per_patient,
        "lesions": study.lesions.model_dump(exclude=OBSERVERS),
        "low_dose": None,
        "projections": {},
    }
    if entry.kind == "ctpd":
        folders = {"full": entry.full, "low": entry.low}
        spec["projections"] = {dose: relative_text(folder) for dose, folder in folders.items() if folder}
    if entry.kind != "dicom":
        measured = study.scanner if entry.kind == "synthetic" else study.low_dose
        spec["reconstruction"] = study.reconstruction.model_dump()
        spec["electronic_noise"] = measured.electronic_noise
    if entry.kind != "synthetic" and entry.low is None:
        spec["low_dose"] = study.low_dose.model_dump()
    return canonical(spec)


def lesions_mask(plan: Plan, patient: str) -> list[Path]:
    """The label file of the patient's real tumour, where there is one."""
    given = plan.study.lesions.masks.get(patient)
    return [] if given is None else [plan.file("lesions", "masks", patient)]


def regions_spec(plan: Plan, run: Run) -> str:
    model = model_spec(plan, run)
    return canonical(
        {
            **_regions(plan, run.fold),
            "network": {name: model[name] for name in ("use", "options")},
            "model": run.model,
            "loss": run.loss,
            "seed": run.seed,
            "device": plan.study.training.device,
        }
    )


def regions_code(plan: Plan, run: Run) -> list[Path]:
    return closure("ldct.lesions.regions", files=[model_file(plan, run)])


def lesion_anchors_spec(plan: Plan, fold: int) -> str:
    return canonical(_regions(plan, fold))


def observe_spec(plan: Plan) -> str:
    lesions = plan.study.lesions
    return canonical({"channels": lesions.channels, "internal_noise": lesions.internal_noise})


def conspicuity_spec(plan: Plan) -> str:
    study = plan.study
    return canonical(
        {
            "losses": plan.losses,
            "models": list(study.models),
            "reference_loss": study.statistics.reference_loss,
            "bootstrap_draws": study.statistics.bootstrap_draws,
            "confidence": study.statistics.confidence,
            "seed": study.statistics.seed,
            "patients": list(plan.patients),
            "panel_patients": study.report.panel_patients,
            "lesions_shown": LESIONS_SHOWN,
        }
    )


def task_metrics(plan: Plan) -> list[str]:
    """Tables of metric values that the model observers add to the study's."""
    return [f"results/lesions/observed/fold{fold}/metrics.parquet" for fold in plan.roles] if has_lesions(plan) else []


def _regions(plan: Plan, fold: int) -> dict[str, Any]:
    return {"fold": fold, "patients": plan.roles[fold].test, "region_mm": plan.study.lesions.region_mm}
