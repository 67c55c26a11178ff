"""Regions around lesions in the low- and full-dose images, and in the low dose through filters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.filters.declared import FILTERS
from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.gather import Gather
from ldct.stages.gather_lesions import GatherLesions
from ldct.stages.keys import FoldKey

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class LesionAnchors(Stage):
    """Cut the regions around lesions out of the images of both doses and of filters, with and without the lesions."""

    key = FoldKey

    class Spec(StageSpec):
        fold: int
        patients: tuple[str, ...]
        region_mm: float
        filters: tuple[str, ...]

    class Inputs(StageInputs):
        images: Annotated[Folder, Field(description="folder of image tables, {patient}/{dose}.parquet")]
        lesions: Annotated[Folder, Field(description="folder {patient}/ of tables with lesions")]

    class Outputs(StageOutputs):
        regions: Path = Path("results/lesions/anchors/{key}.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: FoldKey) -> Spec:
        return cls.Spec(
            fold=key.fold,
            patients=plan.roles[key.fold].test,
            region_mm=plan.study.lesions.region_mm,
            filters=tuple(plan.study.evaluation.filters),
        )

    @classmethod
    def inputs(cls, plan: Plan, key: FoldKey) -> Inputs:
        return cls.Inputs(images=Gather.outputs(key).images, lesions=GatherLesions.outputs(key).images)

    @classmethod
    def chosen(cls, plan: Plan, key: FoldKey) -> list[str]:
        return [FILTERS.of(use).path for use in plan.study.evaluation.filters]

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient
        from ldct.lesions.anchors import anchor_regions

        images, lesions = doses_by_patient([inputs.images]), doses_by_patient([inputs.lesions])
        anchor_regions(spec, images, lesions, outputs.regions)
