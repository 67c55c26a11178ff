"""Regions around lesions in the images of a run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs
from ldct.stages.gather_lesions import GatherLesions
from ldct.stages.keys import FoldKey, Run
from ldct.stages.parts import DenoisingSpec
from ldct.stages.predict import Predict
from ldct.stages.train import Train
from ldct.stages.training import network_class

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Regions(Stage):
    """Denoise the images with lesions by one training run, and cut the regions around lesions out of its images."""

    key = Run

    class Spec(DenoisingSpec):
        model: str
        loss: str
        fold: int
        seed: int
        region_mm: float

    class Inputs(StageInputs):
        run: Annotated[Path, Field(description="run.json of the trained run, beside its checkpoints")]
        weights: Annotated[Path, Field(description="weights of the trained run")]
        predictions: Annotated[Path, Field(description="prediction table of the run")]
        lesions: Annotated[Folder, Field(description="folder {patient}/ of tables with lesions")]

    class Outputs(StageOutputs):
        regions: Path = Path("results/lesions/regions/{key}.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: Run) -> Spec:
        return cls.Spec.of(plan, key, **asdict(key), region_mm=plan.study.lesions.region_mm)

    @classmethod
    def inputs(cls, plan: Plan, key: Run) -> Inputs:
        trained = Train.outputs(key)
        return cls.Inputs(
            run=trained.run,
            weights=trained.weights,
            predictions=Predict.outputs(key).predictions,
            lesions=GatherLesions.outputs(FoldKey(key.fold)).images,
        )

    @classmethod
    def chosen(cls, plan: Plan, key: Run) -> list[str]:
        return [network_class(plan, key.model)]

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient
        from ldct.lesions.regions import run_regions

        lesions = doses_by_patient([inputs.lesions])
        run_regions(spec, inputs.run.parent, inputs.predictions, lesions, outputs.regions)
