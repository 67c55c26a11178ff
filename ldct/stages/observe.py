"""Model observers that look for the lesions of a fold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.lesions.declared import CHANNELS, MEASURES
from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.gather_lesions import GatherLesions
from ldct.stages.keys import FoldKey
from ldct.stages.lesion_anchors import LesionAnchors
from ldct.stages.lesions import has_lesions
from ldct.stages.regions import Regions

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Observe(Stage):
    """Measure how visible the lesions of a fold are in every run: contrast, texture, model observers."""

    key = FoldKey

    class Spec(StageSpec):
        channels: tuple[str, ...]
        internal_noise: float

    class Inputs(StageInputs):
        lesions: Annotated[Folder, Field(description="folder {patient}/ of tables with lesions")]
        anchors: Annotated[Path, Field(description="regions of the low- and full-dose images")]
        regions: Annotated[list[Path], Field(description="regions of the runs")]

    class Outputs(StageOutputs):
        values: Path = Path("results/lesions/observed/{key}/values.parquet")
        metrics: Path = Path("results/lesions/observed/{key}/metrics.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: FoldKey) -> Spec:
        lesions = plan.study.lesions
        return cls.Spec(channels=tuple(lesions.channels), internal_noise=lesions.internal_noise)

    @classmethod
    def inputs(cls, plan: Plan, key: FoldKey) -> Inputs:
        return cls.Inputs(
            lesions=GatherLesions.outputs(key).images,
            anchors=LesionAnchors.outputs(key).regions,
            regions=[Regions.outputs(run).regions for run in plan.compared_runs if run.fold == key.fold],
        )

    @classmethod
    def chosen(cls, plan: Plan, key: FoldKey) -> list[str]:
        channels = [CHANNELS.of(name).path for name in plan.study.lesions.channels]
        return [*channels, *(measure.path for measure in MEASURES.values())]

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient
        from ldct.lesions.judge import judge_fold

        lesions = [tables["lesions"] for tables in doses_by_patient([inputs.lesions]).values()]
        judge_fold(spec, lesions, inputs.anchors, inputs.regions, outputs.values.parent)


def task_metrics(plan: Plan) -> list[Path]:
    """Tables of metric values that the model observers add to the study's."""
    return [Observe.outputs(FoldKey(fold)).metrics for fold in plan.roles] if has_lesions(plan) else []
