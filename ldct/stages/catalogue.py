"""What each configured metric is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ldct.stages.base import Content, Stage, StageOutputs, StageSpec
from ldct.stages.keys import Whole
from ldct.stages.lesions import has_lesions
from ldct.stages.metrics import metric_classes, metric_weights, metrics_declared

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Catalogue(Stage):
    """Write what each configured metric is: direction, range, input, source, and whether it could be computed."""

    class Spec(StageSpec):
        metrics: tuple[str, ...]
        # Channels of the model observers, where there are lesions.
        observers: tuple[str, ...] | None = None
        declared: Content
        pretrained: Content | None = None

    class Outputs(StageOutputs):
        catalogue: Path = Path("results/metrics/catalogue.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: Whole) -> Spec:
        study = plan.study
        return cls.Spec(
            metrics=tuple(study.evaluation.metrics),
            observers=tuple(study.lesions.channels) if has_lesions(plan) else None,
            declared=metrics_declared(plan),
            pretrained=metric_weights(plan),
        )

    @classmethod
    def chosen(cls, plan: Plan, key: Whole) -> list[str]:
        return metric_classes(plan)

    @staticmethod
    def run(spec: Spec, outputs: Outputs) -> None:
        from ldct.files import weights_folder
        from ldct.metrics.catalogue import write_catalogue

        write_catalogue(spec, outputs.catalogue, weights_folder())
