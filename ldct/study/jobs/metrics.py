"""Metrics of runs and anchors, their catalogue and their validity: what the jobs read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ldct.config.canonical import canonical
from ldct.metrics import registry as metrics
from ldct.pretrained import catalogue as pretrained
from ldct.registry import source_file
from ldct.study.code import closure
from ldct.study.jobs.lesions import has_lesions
from ldct.study.plan import Plan, Run

# Of each training patient, for metrics that are fitted.
FITTED_SLICES = 24


def anchors_spec(plan: Plan, fold: int) -> str:
    filters = plan.study.evaluation.filters
    return canonical({**_suite(plan), **_test_slices(plan, fold), **({"filters": filters} if filters else {})})


def evaluate_spec(plan: Plan, run: Run) -> str:
    return canonical(
        {
            **_suite(plan),
            **_test_slices(plan, run.fold),
            "model": run.model,
            "loss": run.loss,
            "seed": run.seed,
        }
    )


def catalogue_spec(plan: Plan) -> str:
    spec: dict[str, Any] = {"metrics": plan.study.evaluation.metrics}
    if has_lesions(plan):
        spec["observers"] = plan.study.lesions.channels
    return canonical(spec)


def validity_spec(plan: Plan) -> str:
    return canonical({**_suite(plan), "patients": validity_patients(plan), "slices_per_patient": 1})


def validity_patients(plan: Plan) -> list[str]:
    """The first patients of the manifest."""
    return list(plan.patients)[: plan.study.evaluation.validity_patients]


def metrics_code(plan: Plan) -> list[Path]:
    files = [source_file(name, metrics.BUILTIN, "metric") for name in plan.study.evaluation.metrics]
    return closure("ldct.metrics.evaluate", files=files)


def metrics_weights(plan: Plan) -> list[Path]:
    """Pretrained weight files that the metrics read."""
    names = [weight for metric in plan.metrics for weight in metrics.REQUIRES.get(metric, ())]
    return [pretrained.path_of(name, plan.weights_dir) for name in names]


def fitted_of_fold(plan: Plan, fold: int) -> list[str]:
    """Tables of the metrics that are fitted on the training patients of `fold`."""
    return [f"results/metrics/fitted/fold{fold}/{name}.parquet" for name in plan.metrics if name in metrics.FITTED]


def fitted_of_run(plan: Plan, run: Run) -> list[str]:
    return fitted_of_fold(plan, run.fold)


def fitted_of_validity(plan: Plan) -> list[str]:
    """Of the fold in which the first patient of the ladder is tested."""
    return fitted_of_fold(plan, plan.fold_of[validity_patients(plan)[0]])


def fit_spec(plan: Plan, fold: int) -> str:
    windows = plan.study.evaluation.windows
    window = windows.get("soft_tissue") or next(iter(windows.values()))
    return canonical(
        {"train": plan.roles[fold].train, "slices_per_patient": FITTED_SLICES, "window": window.model_dump()}
    )


def _suite(plan: Plan) -> dict[str, Any]:
    windows = plan.study.evaluation.windows
    return {"metrics": plan.metrics, "windows": {name: window.model_dump() for name, window in windows.items()}}


def _test_slices(plan: Plan, fold: int) -> dict[str, Any]:
    return {
        "slices_per_patient": plan.study.evaluation.slices_per_patient,
        "patients": plan.roles[fold].test,
        "fold": fold,
    }
