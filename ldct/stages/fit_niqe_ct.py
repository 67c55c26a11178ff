"""The model of full-dose CT that NIQE is refitted with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.intensity import Window
from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.gather import Gather
from ldct.stages.keys import FoldKey

if TYPE_CHECKING:
    from ldct.study.plan import Plan

# Of each training patient.
SLICES = 24


class FitNiqeCt(Stage):
    """Fit NIQE's model on the full-dose slices of the training patients of one fold."""

    key = FoldKey

    class Spec(StageSpec):
        train: tuple[str, ...]
        slices_per_patient: int
        window: Window

    class Inputs(StageInputs):
        images: Annotated[list[Folder], Field(description="folders of image tables, {patient}/{dose}.parquet")]

    class Outputs(StageOutputs):
        model: Path = Path("results/metrics/fitted/{key}/niqe_ct.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: FoldKey) -> Spec:
        windows = plan.study.evaluation.windows
        window = windows.get("soft_tissue") or next(iter(windows.values()))
        return cls.Spec(
            train=plan.roles[key.fold].train,
            slices_per_patient=SLICES,
            window=Window(window.center, window.width),
        )

    @classmethod
    def inputs(cls, plan: Plan, key: FoldKey) -> Inputs:
        return cls.Inputs(images=[Gather.outputs(FoldKey(fold)).images for fold in plan.roles if fold != key.fold])

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient
        from ldct.metrics.fit_niqe_ct import fit_niqe_ct

        full = {patient: doses["full"] for patient, doses in doses_by_patient(inputs.images).items()}
        fit_niqe_ct(spec, full, outputs.model)
