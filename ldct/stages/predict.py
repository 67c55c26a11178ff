"""The test slices of a run, denoised."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs
from ldct.stages.gather import Gather
from ldct.stages.keys import FoldKey, Run
from ldct.stages.parts import DenoisingSpec
from ldct.stages.train import Train
from ldct.stages.training import network_class

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Predict(Stage):
    """Denoise the test patients of one training run with each kept checkpoint."""

    key = Run
    stored = ("torch",)

    class Spec(DenoisingSpec):
        slices_per_patient: int | None = None

    class Inputs(StageInputs):
        run: Annotated[Path, Field(description="run.json of the trained run, beside its checkpoints")]
        weights: Annotated[Path, Field(description="weights of the trained run")]
        images: Annotated[Folder, Field(description="folder of image tables, {patient}/{dose}.parquet")]

    class Outputs(StageOutputs):
        predictions: Path = Path("results/predictions/{key}.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: Run) -> Spec:
        return cls.Spec.of(plan, key, slices_per_patient=plan.study.evaluation.slices_per_patient)

    @classmethod
    def inputs(cls, plan: Plan, key: Run) -> Inputs:
        trained = Train.outputs(key)
        return cls.Inputs(run=trained.run, weights=trained.weights, images=Gather.outputs(FoldKey(key.fold)).images)

    @classmethod
    def chosen(cls, plan: Plan, key: Run) -> list[str]:
        return [network_class(plan, key.model)]

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient
        from ldct.inference.predict import predict

        low = {patient: doses["low"] for patient, doses in doses_by_patient([inputs.images]).items()}
        predict(spec, inputs.run.parent, low, outputs.predictions)


def predictions_of_fold(plan: Plan, fold: int) -> list[Path]:
    """The prediction tables of all runs of a fold, those of the negative control too."""
    return [Predict.outputs(run).predictions for run in plan.runs if run.fold == fold]
