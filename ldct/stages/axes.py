"""The axes of a patient's projections, found by comparison with the scanner's images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.stages.base import Content, Stage, StageOutputs, StageSources, StageSpec, relative
from ldct.stages.keys import PatientKey
from ldct.study.manifest import fingerprint

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Axes(Stage):
    """Find how a patient's projections lie in the scanner's images."""

    key = PatientKey

    class Spec(StageSpec):
        patient: str
        allow_lossy: bool
        files: Content

    class Sources(StageSources):
        full: Annotated[Path, Field(description="folder of the full-dose projections")]
        images: Annotated[Path, Field(description="folder of the scanner's images")]

    class Outputs(StageOutputs):
        axes: Path = Path("results/axes/{key}.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: PatientKey) -> Spec:
        files = fingerprint(replace(plan.patients[key.patient], low=None))
        return cls.Spec(patient=key.patient, allow_lossy=plan.study.cohort.allow_lossy, files=files)

    @classmethod
    def sources(cls, plan: Plan, key: PatientKey) -> Sources:
        entry = plan.patients[key.patient]
        assert entry.full is not None and entry.images is not None
        return cls.Sources(full=relative(entry.full), images=relative(entry.images))

    @staticmethod
    def run(spec: Spec, sources: Sources, outputs: Outputs) -> None:
        from ldct.data.axes_job import search_axes

        search_axes(spec, sources.full, sources.images, outputs.axes)


def axes_tables(plan: Plan, patient: str) -> list[Path]:
    """The table of a patient's own axes, or those of all others for projections without images to compare with."""
    entry = plan.patients[patient]
    if entry.kind != "ctpd":
        return []
    wanted = [patient] if entry.images else [name for name, other in plan.patients.items() if other.images]
    return [Axes.outputs(PatientKey(name)).axes for name in wanted]
