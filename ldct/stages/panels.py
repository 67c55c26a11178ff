"""Images that the report shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.config.base import Section
from ldct.stages.base import Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.gather import Gather
from ldct.stages.keys import Run, Whole
from ldct.stages.predict import Predict

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Place(Section):
    """A patient and the region of the body."""

    patient: str
    region: str


class Panels(Stage):
    """Choose slices and render the image panels of the report."""

    class Spec(StageSpec):
        patients: tuple[Place, ...]
        panel_patients: int
        panel_windows: tuple[str, ...]
        slices_per_patient: int | None
        losses: tuple[str, ...]
        models: tuple[str, ...]

    class Inputs(StageInputs):
        images: Annotated[list[Path], Field(description="folders of image tables, {patient}/{dose}.parquet")]
        predictions: Annotated[list[Path], Field(description="prediction tables of the runs")]

    class Outputs(StageOutputs):
        panels: Path = Path("results/report/panels.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: Whole) -> Spec:
        study = plan.study
        return cls.Spec(
            patients=tuple(Place(patient=p.patient, region=p.region) for p in plan.patients.values()),
            panel_patients=study.report.panel_patients,
            panel_windows=tuple(study.report.panel_windows),
            slices_per_patient=study.evaluation.slices_per_patient,
            losses=tuple(plan.losses),
            models=tuple(study.models),
        )

    @classmethod
    def inputs(cls, plan: Plan, key: Whole) -> Inputs:
        return cls.Inputs(
            images=Gather.of_study(plan), predictions=[Predict.outputs(run).predictions for run in plan.runs]
        )

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient
        from ldct.report.panels import build_panels

        build_panels(spec, doses_by_patient(inputs.images), Run.by_key(inputs.predictions), outputs.panels)
