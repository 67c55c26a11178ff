"""Metrics of runs and anchors, their catalogue and their validity: what the jobs read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ldct.config.canonical import canonical
from ldct.metrics.declared import METRICS
from ldct.pretrained import catalogue as pretrained
from ldct.study.code import closure, digest
from ldct.study.jobs.lesions import has_lesions
from ldct.study.plan import Plan

# Of each training patient, for metrics that are fitted.
FITTED_SLICES = 24


def evaluate_spec(plan: Plan, fold: int, shard: int) -> str:
    evaluation = plan.study.evaluation
    return canonical(
        {
            **_suite(plan),
            "code": _code_of_each(tuple(plan.metrics)),
            "filters": evaluation.filters,
            "slices_per_patient": evaluation.slices_per_patient,
            "patients": plan.roles[fold].test,
            "fold": fold,
            "shard": shard,
            "shards": evaluation.shards,
        }
    )


def curves_spec(plan: Plan, fold: int) -> str:
    slices = plan.study.evaluation.slices_per_patient
    return canonical({"slices_per_patient": slices, "patients": plan.roles[fold].test, "fold": fold})


def predictions_of_fold(plan: Plan, fold: int) -> list[str]:
    return [f"results/predictions/{run.path}.parquet" for run in plan.runs if run.fold == fold]


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
    files = [METRICS.source_file(name) for name in plan.study.evaluation.metrics]
    return closure("ldct.metrics.evaluate", files=files)


def metrics_said(plan: Plan) -> str:
    """What the metrics declare, which no file of their code holds."""
    return canonical([METRICS.of(name).facts for name in plan.study.evaluation.metrics])


def metrics_weights(plan: Plan) -> list[Path]:
    """Pretrained weight files that the metrics read."""
    names = [weight for metric in plan.metrics for weight in METRICS.of(metric).weights]
    return [pretrained.path_of(name, plan.weights_dir) for name in names]


def fitted_of_fold(plan: Plan, fold: int) -> list[str]:
    """Tables of the metrics that are fitted on the training patients of `fold`."""
    return [f"results/metrics/fitted/fold{fold}/{name}.parquet" for name in plan.metrics if METRICS.of(name).fitted]


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


@cache
def _code_of_each(names: tuple[str, ...]) -> list[str]:
    """A digest for each metric and what it declares, so that an edit of one costs no value of the others."""
    closures = [closure("ldct.metrics.evaluate", files=[METRICS.source_file(name)]) for name in names]
    said = [canonical(METRICS.of(name).value_facts) for name in names]
    return [digest(files, facts) for files, facts in zip(closures, said, strict=True)]
