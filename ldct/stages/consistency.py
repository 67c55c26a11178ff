"""The consistency analysis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from ldct.filters.declared import FILTERS
from ldct.losses.declared import distinct
from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.catalogue import Catalogue
from ldct.stages.collect_metrics import CollectMetrics
from ldct.stages.keys import Run, Whole
from ldct.stages.resampling import resampling
from ldct.stages.train import Train
from ldct.stages.validity import Validity
from ldct.statistics.home import described
from ldct.statistics.settings import Settings

if TYPE_CHECKING:
    from ldct.config.training import Loss
    from ldct.study.plan import Plan


class Consistency(Stage):
    """Analyse how far losses and metrics agree."""

    class Spec(StageSpec, Settings):
        pass

    class Inputs(StageInputs):
        metrics: Annotated[Path, Field(description="table of metric values")]
        catalogue: Annotated[Path, Field(description="catalogue of the metrics")]
        validity: Annotated[Path, Field(description="summary of the metrics' validity")]
        histories: Annotated[list[Path], Field(description="history tables of the runs")]

    class Outputs(StageOutputs):
        tables: Folder = Path("results/consistency")

    @classmethod
    def spec(cls, plan: Plan, key: Whole) -> Spec:
        study, statistics = plan.study, plan.study.statistics
        return cls.Spec(
            **dict(resampling(plan)),
            losses=plan.losses,
            terms={str(name): [*_described(study.losses[name])] for name in plan.losses},
            models=list(study.models),
            seeds=study.training.seeds,
            folds=study.cohort.folds,
            reference_loss=statistics.reference_loss,
            primary_window=statistics.primary_window,
            candidate_loss=statistics.candidate_loss,
            candidate_families=statistics.candidate_families,
            fidelity_margin=statistics.fidelity_margin,
            margins=statistics.margins,
            filters=[FILTERS.of(use).name for use in study.evaluation.filters],
            persons={name: one.person for name, one in plan.patients.items() if one.person != name},
            control=plan.control,
            no_control=plan.no_control,
        )

    @classmethod
    def inputs(cls, plan: Plan, key: Whole) -> Inputs:
        return cls.Inputs(
            metrics=CollectMetrics.outputs().metrics,
            catalogue=Catalogue.outputs().catalogue,
            validity=Validity.outputs().summary,
            histories=[Train.outputs(run).history for run in plan.compared_runs],
        )

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.statistics.consistency import analyse

        histories = Run.by_key(inputs.histories)
        analyse(spec, inputs.metrics, inputs.catalogue, histories, outputs.tables, validity=inputs.validity)


def _described(loss: Loss) -> list[str | dict[str, Any]]:
    parts = distinct([term.use for term in loss.terms])
    return [
        row for part, term in zip(parts, loss.terms, strict=True) for row in described(term.use, term.options, part)
    ]
