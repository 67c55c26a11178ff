"""Whether the losses keep lesions visible."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.filters.declared import FILTERS
from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.keys import FoldKey, Whole
from ldct.stages.lesion_anchors import LesionAnchors
from ldct.stages.observe import Observe
from ldct.stages.regions import Regions

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Conspicuity(Stage):
    """Test whether losses keep lesions visible, and choose pictures of lesions for the report."""

    class Spec(StageSpec):
        losses: tuple[str, ...]
        filters: tuple[str, ...] = ()
        models: tuple[str, ...]
        reference_loss: str
        bootstrap_draws: int
        confidence: float
        seed: int
        patients: tuple[str, ...]
        panel_patients: int

    class Inputs(StageInputs):
        values: Annotated[list[Path], Field(description="values of the lesions of each fold")]
        regions: Annotated[list[Path], Field(description="regions of anchors and runs")]

    class Outputs(StageOutputs):
        tables: Folder = Path("results/conspicuity")

    @classmethod
    def spec(cls, plan: Plan, key: Whole) -> Spec:
        study = plan.study
        return cls.Spec(
            losses=tuple(plan.losses),
            filters=tuple(FILTERS.of(use).name for use in study.evaluation.filters),
            models=tuple(study.models),
            reference_loss=study.statistics.reference_loss,
            bootstrap_draws=study.statistics.bootstrap_draws,
            confidence=study.statistics.confidence,
            seed=study.statistics.seed,
            patients=tuple(plan.patients),
            panel_patients=study.report.panel_patients,
        )

    @classmethod
    def inputs(cls, plan: Plan, key: Whole) -> Inputs:
        folds = [FoldKey(fold) for fold in plan.roles]
        anchors = [LesionAnchors.outputs(fold).regions for fold in folds]
        return cls.Inputs(
            values=[Observe.outputs(fold).values for fold in folds],
            regions=anchors + [Regions.outputs(run).regions for run in plan.compared_runs],
        )

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.lesions.conspicuity import conspicuity

        conspicuity(spec, inputs.values, inputs.regions, outputs.tables)
