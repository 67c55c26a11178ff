"""DICOM series of predictions and of the study's own images: what their jobs read."""

from __future__ import annotations

from ldct.anchors import IMAGES
from ldct.config.canonical import canonical
from ldct.study.plan import Plan, Run


def dicom_outputs(plan: Plan) -> list[str]:
    """Folders of all DICOM series that are configured."""
    wanted = plan.study.inference.dicom
    runs = [f"results/dicom/{run.path}" for run in plan.runs if run.loss in wanted]
    own = [f"results/dicom/{name}/fold{fold}" for name in IMAGES if name in wanted for fold in plan.roles]
    return runs + own


def export_run_spec(plan: Plan, run: Run) -> str:
    return canonical(
        {
            "model": run.model,
            "loss": run.loss,
            "fold": run.fold,
            "seed": run.seed,
            "patients": plan.roles[run.fold].test,
            "key": _key(plan),
        }
    )


def export_source_spec(plan: Plan, source: str, fold: int) -> str:
    return canonical({"source": source, "patients": plan.roles[fold].test, "key": _key(plan)})


def series_of_fold(plan: Plan, fold: int) -> list[str]:
    return [f"results/cohort/parts/{patient}.series.parquet" for patient in plan.roles[fold].test]


def _key(plan: Plan) -> str:
    """The same for all series of a study, so that those of a patient share study and frame of reference."""
    return ",".join(plan.patients)
