"""What the stages that compute metrics share: how their jobs follow from the plan."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ldct.config.canonical import canonical
from ldct.filters.declared import FILTERS
from ldct.intensity import Window
from ldct.metrics.declared import METRICS
from ldct.pretrained import catalogue as pretrained
from ldct.stages.fit_niqe_ct import FitNiqeCt
from ldct.stages.keys import FoldKey
from ldct.stages.planning import planned_digest
from ldct.study.code import packages, reachable
from ldct.study.fingerprint import fingerprint_of_files

if TYPE_CHECKING:
    from ldct.study.plan import Plan


def windows(plan: Plan) -> dict[str, Window]:
    """The configured HU windows."""
    return {name: Window(window.center, window.width) for name, window in plan.study.evaluation.windows.items()}


def metric_classes(plan: Plan) -> list[str]:
    """The classes of the configured metrics."""
    return [METRICS.of(name).path for name in plan.study.evaluation.metrics]


def metric_weights(plan: Plan) -> str | None:
    """The content of the pretrained weights that the metrics read."""
    names = [weight for metric in plan.metrics for weight in METRICS.of(metric).weights]
    return fingerprint_of_files(pretrained.path_of(name, plan.weights_dir) for name in names) if names else None


def fitted_tables(plan: Plan, fold: int) -> list[Path]:
    """Tables of the metrics that are fitted on the training patients of `fold`."""
    folder = FitNiqeCt.outputs(FoldKey(fold)).model.parent
    return [folder / f"{name}.parquet" for name in plan.metrics if METRICS.of(name).fitted]


def metrics_declared(plan: Plan) -> str:
    """What the configured metrics declare, which is no part of their code."""
    return canonical([METRICS.of(name).facts for name in plan.study.evaluation.metrics])


@cache
def code_of_each(names: tuple[str, ...]) -> tuple[str, ...]:
    """A digest of the code of each metric and of what it declares: an edit of one costs no value of the others."""
    chosen = [METRICS.of(name) for name in names]
    evaluated = (reachable("ldct.metrics.evaluate:evaluate", one.path) for one in chosen)
    return tuple(
        planned_digest({**parts, "declared": canonical(one.value_facts)})
        for parts, one in zip(evaluated, chosen, strict=True)
    )


@cache
def code_of_filter(use: str) -> str:
    """A digest of the code of a filter and of the versions of the packages that it uses."""
    path = FILTERS.of(use).path
    return planned_digest({**reachable(path), "packages": canonical(packages(path))})
