"""The denoised test images of a run as DICOM series."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.gather import Gather
from ldct.stages.images import Images
from ldct.stages.keys import FoldKey, PatientKey, Run
from ldct.stages.predict import Predict
from ldct.stages.train import Train

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Dicom(Stage):
    """Write the denoised test images of a run as DICOM series."""

    key = Run

    class Spec(StageSpec):
        model: str
        loss: str
        fold: int
        seed: int
        patients: tuple[str, ...]
        key: str

    class Inputs(StageInputs):
        predictions: Annotated[Path, Field(description="prediction table of the run")]
        run: Annotated[Path, Field(description="run.json of the trained run")]
        weights: Annotated[Path, Field(description="weights of the trained run, beside run.json")]
        images: Annotated[Folder, Field(description="folder of image tables, {patient}/{dose}.parquet")]
        series: Annotated[list[Path], Field(description="series tables of the test patients")]

    class Outputs(StageOutputs):
        series: Folder = Path("results/dicom/{key}")

    @classmethod
    def spec(cls, plan: Plan, key: Run) -> Spec:
        return cls.Spec(**asdict(key), patients=plan.roles[key.fold].test, key=series_key(plan))

    @classmethod
    def inputs(cls, plan: Plan, key: Run) -> Inputs:
        trained = Train.outputs(key)
        return cls.Inputs(
            predictions=Predict.outputs(key).predictions,
            run=trained.run,
            weights=trained.weights,
            images=Gather.outputs(FoldKey(key.fold)).images,
            series=series_tables(plan, key.fold),
        )

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient
        from ldct.inference.export import export_run

        low = {patient: doses["low"] for patient, doses in doses_by_patient([inputs.images]).items()}
        export_run(spec, inputs.predictions, inputs.run.parent, low, inputs.series, outputs.series)


def series_key(plan: Plan) -> str:
    """The same for all series of a study, so that those of a patient share study and frame of reference."""
    return ",".join(plan.patients)


def series_tables(plan: Plan, fold: int) -> list[Path]:
    """Series tables of the patients tested in a fold."""
    return [Images.outputs(PatientKey(patient)).series for patient in plan.roles[fold].test]
