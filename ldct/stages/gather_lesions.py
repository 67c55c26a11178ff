"""The images with lesions of the patients tested in a fold, in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs
from ldct.stages.keys import FoldKey, PatientKey
from ldct.stages.lesions import Lesions

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class GatherLesions(Stage):
    """Put the lesions of the patients tested in a fold, and the images with them, into one folder."""

    key = FoldKey

    class Inputs(StageInputs):
        tables: Annotated[list[Path], Field(description="{patient}/lesions.parquet, full.parquet and low.parquet")]

    class Outputs(StageOutputs):
        lesions: Folder = Path("results/lesions/folds/{key}")

    @classmethod
    def inputs(cls, plan: Plan, key: FoldKey) -> Inputs:
        patients = [Lesions.outputs(PatientKey(patient)) for patient in plan.roles[key.fold].test]
        return cls.Inputs(tables=[path for tables in patients for path in (tables.lesions, tables.full, tables.low)])

    @staticmethod
    def run(inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient, gather_images

        gather_images(doses_by_patient(inputs.tables), outputs.lesions)
