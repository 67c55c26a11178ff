"""The study's own images as DICOM series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.anchors import IMAGES
from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.dicom import Dicom, series_key, series_tables
from ldct.stages.gather import Gather
from ldct.stages.keys import FoldKey, SourceKey

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class DicomSource(Stage):
    """Write the low- or full-dose images of a fold's test patients as DICOM series."""

    key = SourceKey

    class Spec(StageSpec):
        source: str
        patients: tuple[str, ...]
        key: str

    class Inputs(StageInputs):
        images: Annotated[Folder, Field(description="folder of image tables, {patient}/{dose}.parquet")]
        series: Annotated[list[Path], Field(description="series tables of the test patients")]

    class Outputs(StageOutputs):
        series: Folder = Path("results/dicom/{key}")

    @classmethod
    def spec(cls, plan: Plan, key: SourceKey) -> Spec:
        return cls.Spec(source=key.source, patients=plan.roles[key.fold].test, key=series_key(plan))

    @classmethod
    def inputs(cls, plan: Plan, key: SourceKey) -> Inputs:
        return cls.Inputs(images=Gather.outputs(FoldKey(key.fold)).images, series=series_tables(plan, key.fold))

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient
        from ldct.inference.export import export_source

        export_source(spec, doses_by_patient([inputs.images]), inputs.series, outputs.series)


def configured_series(plan: Plan) -> list[Path]:
    """Folders of all DICOM series that are configured."""
    wanted = plan.study.inference.dicom
    sources = [SourceKey(name, fold) for name in IMAGES if name in wanted for fold in plan.roles]
    return [
        *(Dicom.outputs(run).series for run in plan.runs if run.loss in wanted),
        *(DicomSource.outputs(key).series for key in sources),
    ]
