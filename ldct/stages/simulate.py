"""Helical projections of a synthetic patient."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ldct.config.raw import Scanner
from ldct.stages.base import Folder, Stage, StageOutputs, StageSpec
from ldct.stages.keys import PatientKey

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Simulate(Stage):
    """Simulate a synthetic patient's helical projections at full and low dose, written as DICOM-CT-PD."""

    key = PatientKey

    class Spec(StageSpec):
        patient: str
        seed: int
        region: str
        scanner: Scanner
        fraction: float

    class Outputs(StageOutputs):
        projections: Folder = Path("results/raw/{key}")

    @classmethod
    def spec(cls, plan: Plan, key: PatientKey) -> Spec:
        entry, study = plan.patients[key.patient], plan.study
        assert entry.seed is not None
        return cls.Spec(
            patient=key.patient,
            seed=entry.seed,
            region=entry.region,
            scanner=study.scanner,
            fraction=study.low_dose.fraction,
        )

    @staticmethod
    def run(spec: Spec, outputs: Outputs) -> None:
        from ldct.projection.simulate import simulate_patient

        simulate_patient(spec, outputs.projections)


def projections_of(plan: Plan, patient: str) -> Path | None:
    """The folder of a synthetic patient's projections, full/ and low/."""
    wanted = plan.patients[patient].kind == "synthetic"
    return Simulate.outputs(PatientKey(patient)).projections if wanted else None
