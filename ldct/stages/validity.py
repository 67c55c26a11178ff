"""Which metrics deserve to be believed on CT."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.intensity import Window
from ldct.stages.base import Content, Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.images import Images
from ldct.stages.keys import PatientKey, Whole
from ldct.stages.metrics import fitted_tables, metric_classes, metric_weights, metrics_declared, windows

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Validity(Stage):
    """Try each metric on graded degradations of full-dose images: which of them deserve to be believed on CT."""

    class Spec(StageSpec):
        metrics: tuple[str, ...]
        windows: dict[str, Window]
        patients: tuple[str, ...]
        slices_per_patient: int | None = None
        declared: Content
        pretrained: Content | None = None

    class Inputs(StageInputs):
        images: Annotated[list[Path], Field(description="full-dose tables, {patient}/full.parquet")]
        fitted: Annotated[list[Path], Field(description="tables of metrics fitted on training patients")] = []

    class Outputs(StageOutputs):
        values: Path = Path("results/validity/values.parquet")
        summary: Path = Path("results/validity/summary.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: Whole) -> Spec:
        return cls.Spec(
            metrics=tuple(plan.metrics),
            windows=windows(plan),
            patients=_patients(plan),
            slices_per_patient=1,
            declared=metrics_declared(plan),
            pretrained=metric_weights(plan),
        )

    @classmethod
    def inputs(cls, plan: Plan, key: Whole) -> Inputs:
        patients = _patients(plan)
        return cls.Inputs(
            images=[Images.outputs(PatientKey(patient)).full for patient in patients],
            # Of the fold in which the first patient is tested.
            fitted=fitted_tables(plan, plan.fold_of[patients[0]]),
        )

    @classmethod
    def chosen(cls, plan: Plan, key: Whole) -> list[str]:
        return metric_classes(plan)

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient
        from ldct.files import weights_folder
        from ldct.metrics.validity import ladder

        full = {patient: doses["full"] for patient, doses in doses_by_patient(inputs.images).items()}
        fitted = {path.stem: path for path in inputs.fitted}
        ladder(spec, full, outputs.summary.parent, weights_folder(), fitted)


def _patients(plan: Plan) -> tuple[str, ...]:
    """The first patients of the manifest."""
    return tuple(plan.patients)[: plan.study.evaluation.validity_patients]
