"""Aligned patches of the patients tested in a fold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.gather import Gather
from ldct.stages.keys import FoldKey

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Patches(Stage):
    """Extract aligned patches of the patients tested in a fold; the trainings of the other folds read them."""

    key = FoldKey

    class Spec(StageSpec):
        patients: tuple[str, ...]
        size: int
        air_below_hu: float
        largest_air_share: float
        # Of random places; without them patches stand side by side over the whole volume.
        per_patient: int | None = None
        seed: int | None = None

    class Inputs(StageInputs):
        images: Annotated[Folder, Field(description="folder of image tables, {patient}/{dose}.parquet")]

    class Outputs(StageOutputs):
        patches: Path = Path("results/patches/{key}.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: FoldKey) -> Spec:
        settings = plan.study.patches
        random = settings.sampling == "random"
        return cls.Spec(
            patients=plan.roles[key.fold].test,
            size=settings.size,
            air_below_hu=settings.air_below_hu,
            largest_air_share=settings.largest_air_share,
            per_patient=settings.per_patient if random else None,
            seed=settings.seed if random else None,
        )

    @classmethod
    def inputs(cls, plan: Plan, key: FoldKey) -> Inputs:
        return cls.Inputs(images=Gather.outputs(key).images)

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.folds import doses_by_patient
        from ldct.data.patches import extract_pool

        extract_pool(spec, doses_by_patient([inputs.images]), outputs.patches)


def patches_for(plan: Plan, fold: int) -> list[Path]:
    """Patches of the patients that a training of `fold` may see."""
    return [Patches.outputs(FoldKey(other)).patches for other in plan.roles if other != fold]
