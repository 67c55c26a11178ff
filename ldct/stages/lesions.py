"""A patient's images with lesions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.config.lesions import Insertion
from ldct.config.raw import LowDose, Reconstruction
from ldct.stages.axes import axes_tables
from ldct.stages.base import (
    Content,
    Folder,
    Stage,
    StageInputs,
    StageOutputs,
    StageSources,
    StageSpec,
    narrow,
    relative,
)
from ldct.stages.images import Images
from ldct.stages.keys import PatientKey
from ldct.stages.simulate import projections_of
from ldct.study.fingerprint import fingerprint_of_files
from ldct.study.manifest import IMAGE_KINDS, fingerprint

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Lesions(Stage):
    """Insert lesions into a patient's test slices, at full and at low dose."""

    key = PatientKey

    class Spec(StageSpec):
        patient: str
        kind: str
        slices_per_patient: int | None = None
        lesions: Insertion
        # Of projections.
        reconstruction: Reconstruction | None = None
        electronic_noise: float | None = None
        # Where the low dose is made here.
        low_dose: LowDose | None = None
        files: Content | None = None
        label: Content | None = None

    class Inputs(StageInputs):
        full: Annotated[Path, Field(description="image table of the full dose")]
        low: Annotated[Path, Field(description="image table of the low dose")]
        raw: Annotated[Folder | None, Field(description="folder of simulated projections, full/ and low/")] = None
        axes: Annotated[list[Path], Field(description="tables of the patient axes that were found")] = []

    class Sources(StageSources):
        full: Annotated[Path | None, Field(description="folder of the full-dose projections")] = None
        low: Annotated[Path | None, Field(description="folder of the low-dose projections")] = None
        mask: Annotated[Path | None, Field(description="label of the patient's real tumour")] = None

    class Outputs(StageOutputs):
        full: Path = Path("results/lesions/patients/{key}/full.parquet")
        low: Path = Path("results/lesions/patients/{key}/low.parquet")
        lesions: Path = Path("results/lesions/patients/{key}/lesions.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: PatientKey) -> Spec:
        entry, study = plan.patients[key.patient], plan.study
        measured = study.scanner if entry.kind == "synthetic" else study.low_dose
        mask = _mask(plan, key.patient)
        return cls.Spec(
            patient=key.patient,
            kind=entry.kind,
            slices_per_patient=study.evaluation.slices_per_patient,
            lesions=narrow(Insertion, study.lesions),
            reconstruction=None if entry.kind in IMAGE_KINDS else study.reconstruction,
            electronic_noise=None if entry.kind in IMAGE_KINDS else measured.electronic_noise,
            low_dose=study.low_dose if entry.kind != "synthetic" and entry.low is None else None,
            files=fingerprint(replace(entry, images=None)) if entry.kind == "ctpd" else None,
            label=fingerprint_of_files([mask]) if mask else None,
        )

    @classmethod
    def inputs(cls, plan: Plan, key: PatientKey) -> Inputs:
        images = Images.outputs(key)
        raw, axes = projections_of(plan, key.patient), axes_tables(plan, key.patient)
        return cls.Inputs(full=images.full, low=images.low, raw=raw, axes=axes)

    @classmethod
    def sources(cls, plan: Plan, key: PatientKey) -> Sources:
        entry = plan.patients[key.patient]
        given = {"full": entry.full, "low": entry.low} if entry.kind == "ctpd" else {}
        given["mask"] = _mask(plan, key.patient)
        return cls.Sources(**{name: relative(path) for name, path in given.items() if path})

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs, sources: Sources) -> None:
        from ldct.lesions.insert import build_lesions

        images = {"full": inputs.full, "low": inputs.low}
        folders = {"full": sources.full, "low": sources.low}
        if inputs.raw is not None:
            folders = {dose: inputs.raw / dose for dose in images}
        projections = {dose: folder for dose, folder in folders.items() if folder is not None}
        build_lesions(spec, images, projections, inputs.axes, sources.mask, outputs.lesions.parent)


def has_lesions(plan: Plan) -> bool:
    """Whether lesions are inserted, or real ones are masked."""
    return plan.study.lesions.per_patient > 0 or bool(plan.study.lesions.masks)


def _mask(plan: Plan, patient: str) -> Path | None:
    """The label file of the patient's real tumour, where there is one."""
    given = plan.study.lesions.masks.get(patient)
    return None if given is None else plan.file("lesions", "masks", patient)
