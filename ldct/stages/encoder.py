"""The CT autoencoder of a fold, whose features some losses compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.config.encoder import Encoder as Settings
from ldct.stages.base import Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.keys import FoldKey
from ldct.stages.patches import patches_for

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Encoder(Stage):
    """Train the CT autoencoder of a fold on its training patients."""

    key = FoldKey
    stored = ("torch",)

    class Spec(StageSpec):
        train: tuple[str, ...]
        device: str
        settings: Settings

    class Inputs(StageInputs):
        patches: Annotated[list[Path], Field(description="patch tables of the other folds")]

    class Outputs(StageOutputs):
        weights: Path = Path("results/encoders/{key}.safetensors")

    @classmethod
    def spec(cls, plan: Plan, key: FoldKey) -> Spec:
        return cls.Spec(
            train=plan.roles[key.fold].train, device=plan.study.training.device, settings=plan.study.encoder
        )

    @classmethod
    def inputs(cls, plan: Plan, key: FoldKey) -> Inputs:
        return cls.Inputs(patches=patches_for(plan, key.fold))

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.stream import tables_of
        from ldct.training.encoder import train_encoder

        train_encoder(spec, tables_of(inputs.patches), outputs.weights)
