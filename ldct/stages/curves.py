"""Noise power spectra and transfer functions of all runs of a fold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.gather import Gather
from ldct.stages.keys import FoldKey, Run
from ldct.stages.predict import predictions_of_fold

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Curves(Stage):
    """Measure noise power spectra and transfer functions of all runs of a fold and of the low- and full-dose images."""

    key = FoldKey

    class Spec(StageSpec):
        slices_per_patient: int | None = None
        patients: tuple[str, ...]
        fold: int

    class Inputs(StageInputs):
        predictions: Annotated[list[Path], Field(description=".../model/loss/foldN/seedN.parquet")]
        images: Annotated[Folder, Field(description="folder of image tables, {patient}/{dose}.parquet")]

    class Outputs(StageOutputs):
        curves: Path = Path("results/metrics/curves/{key}.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: FoldKey) -> Spec:
        slices = plan.study.evaluation.slices_per_patient
        return cls.Spec(slices_per_patient=slices, patients=plan.roles[key.fold].test, fold=key.fold)

    @classmethod
    def inputs(cls, plan: Plan, key: FoldKey) -> Inputs:
        return cls.Inputs(predictions=predictions_of_fold(plan, key.fold), images=Gather.outputs(key).images)

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient
        from ldct.metrics.curves import curves

        runs = {Run.of_path(path): path for path in inputs.predictions}
        curves(spec, runs, doses_by_patient([inputs.images]), outputs.curves)
