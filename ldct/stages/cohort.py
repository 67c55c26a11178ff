"""Who is in the study, what was set aside and why, and who is tested in which fold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.config.base import Section
from ldct.stages.base import Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.images import Images
from ldct.stages.keys import PatientKey, Whole

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Member(Section):
    """A patient of the manifest and the fold in which it is tested."""

    patient: str
    region: str
    kind: str
    fold: int
    # Who it is, where several patients are one person.
    person: str | None = None


class Parts(Section):
    """The patients of one fold, by what they are used for."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    order: tuple[tuple[str, ...], ...] = ()


class Cohort(Stage):
    """Merge the patients' series and rejections, and write who is trained, validated and tested on in which fold."""

    class Spec(StageSpec):
        patients: tuple[Member, ...]
        split: dict[int, Parts]
        stop_lost: float = 1.0

    class Inputs(StageInputs):
        series: Annotated[list[Path], Field(description="series tables of the patients")]
        rejections: Annotated[list[Path], Field(description="rejection tables of the patients")]

    class Outputs(StageOutputs):
        series: Path = Path("results/cohort/series.parquet")
        patients: Path = Path("results/cohort/patients.parquet")
        rejections: Path = Path("results/cohort/rejections.parquet")
        split: Path = Path("results/cohort/split.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: Whole) -> Spec:
        return cls.Spec(
            patients=tuple(
                Member(patient=p.patient, region=p.region, kind=p.kind, fold=plan.fold_of[p.patient], person=p.subject)
                for p in plan.patients.values()
            ),
            stop_lost=plan.study.cohort.stop_lost,
            split={fold: Parts(**vars(roles)) for fold, roles in plan.roles.items()},
        )

    @classmethod
    def inputs(cls, plan: Plan, key: Whole) -> Inputs:
        parts = [Images.outputs(PatientKey(patient)) for patient in plan.patients]
        return cls.Inputs(series=[part.series for part in parts], rejections=[part.rejections for part in parts])

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.cohort import collect_cohort
        from ldct.data.lost import check_lost

        collect_cohort(spec, inputs.series, inputs.rejections, outputs.series.parent)
        check_lost(inputs.series, spec.stop_lost)
