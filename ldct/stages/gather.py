"""The images of the patients tested in a fold, in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs
from ldct.stages.images import Images
from ldct.stages.keys import FoldKey, PatientKey

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Gather(Stage):
    """Put the images of the patients tested in a fold into one folder."""

    key = FoldKey

    class Inputs(StageInputs):
        tables: Annotated[list[Path], Field(description="tables of the patients, {patient}/{dose}.parquet")]

    class Outputs(StageOutputs):
        images: Folder = Path("results/folds/{key}")

    @classmethod
    def inputs(cls, plan: Plan, key: FoldKey) -> Inputs:
        tables = [Images.outputs(PatientKey(patient)) for patient in plan.roles[key.fold].test]
        return cls.Inputs(tables=[path for table in tables for path in (table.full, table.low)])

    @classmethod
    def of_study(cls, plan: Plan) -> list[Path]:
        """The folders of all folds, which hold every patient once."""
        return [cls.outputs(FoldKey(fold)).images for fold in plan.roles]

    @staticmethod
    def run(inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient, gather_images

        gather_images(doses_by_patient(inputs.tables), outputs.images)
