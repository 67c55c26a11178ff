"""Results of rules that are not stages yet."""

from __future__ import annotations

from pathlib import Path

from ldct.study.plan import Plan

METRICS = Path("results/metrics/metrics.parquet")
CATALOGUE = Path("results/metrics/catalogue.parquet")
VALIDITY = Path("results/validity/summary.parquet")
CONSPICUITY = Path("results/conspicuity")


def curves_of(plan: Plan) -> list[Path]:
    return [Path(f"results/metrics/curves/fold{fold}.parquet") for fold in plan.roles]


def has_lesions(plan: Plan) -> bool:
    return plan.study.lesions.per_patient > 0 or bool(plan.study.lesions.masks)
