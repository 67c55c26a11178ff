"""A patient's full- and low-dose images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.config.raw import LowDose, Reconstruction
from ldct.stages.axes import axes_tables
from ldct.stages.base import Content, Folder, Stage, StageInputs, StageOutputs, StageSources, StageSpec, relative
from ldct.stages.keys import PatientKey
from ldct.stages.simulate import projections_of
from ldct.study.manifest import IMAGE_KINDS, fingerprint

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Images(Stage):
    """Read a patient's images, or reconstruct them, check them, and insert noise where a low dose is to be made."""

    key = PatientKey

    class Spec(StageSpec):
        patient: str
        kind: str
        region: str
        allow_lossy: bool
        accept: tuple[str, ...] = ()
        reject_lost: float = 1.0
        dose_tolerance: float = 0.2
        reject_missed_dose: bool = False
        reconstruction: Reconstruction | None = None
        low_dose: LowDose | None = None
        files: Content | None = None

    class Inputs(StageInputs):
        raw: Annotated[Folder | None, Field(description="folder of simulated projections, full/ and low/")] = None
        axes: Annotated[list[Path], Field(description="tables of the patient axes that were found")] = []

    class Sources(StageSources):
        full: Annotated[Path | None, Field(description="folder of the full-dose series")] = None
        low: Annotated[Path | None, Field(description="folder of the low-dose series")] = None

    class Outputs(StageOutputs):
        full: Path = Path("results/images/{key}/full.parquet")
        low: Path = Path("results/images/{key}/low.parquet")
        series: Path = Path("results/cohort/parts/{key}.series.parquet")
        rejections: Path = Path("results/cohort/parts/{key}.rejections.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: PatientKey) -> Spec:
        entry, study = plan.patients[key.patient], plan.study
        read = entry.kind != "synthetic"
        return cls.Spec(
            patient=key.patient,
            kind=entry.kind,
            region=entry.region,
            allow_lossy=study.cohort.allow_lossy,
            accept=tuple(study.cohort.accept),
            reject_lost=study.cohort.reject_lost,
            dose_tolerance=study.cohort.dose_tolerance,
            reject_missed_dose=study.cohort.reject_missed_dose,
            reconstruction=None if entry.kind in IMAGE_KINDS else study.reconstruction,
            low_dose=study.low_dose if read and entry.low is None else None,
            files=fingerprint(replace(entry, images=None)) if read else None,
        )

    @classmethod
    def inputs(cls, plan: Plan, key: PatientKey) -> Inputs:
        return cls.Inputs(raw=projections_of(plan, key.patient), axes=axes_tables(plan, key.patient))

    @classmethod
    def sources(cls, plan: Plan, key: PatientKey) -> Sources:
        entry = plan.patients[key.patient]
        folders = {"full": entry.full, "low": entry.low}
        return cls.Sources(**{dose: relative(folder) for dose, folder in folders.items() if folder})

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs, sources: Sources) -> None:
        from ldct.data.ingest import build_images

        folders = {dose: getattr(sources, dose) for dose in ("full", "low")}
        if inputs.raw is not None:
            folders = {dose: inputs.raw / dose for dose in folders}
        given = {dose: folder for dose, folder in folders.items() if folder is not None}
        build_images(spec, given, outputs.full, outputs.low, outputs.series, outputs.rejections, inputs.axes)
