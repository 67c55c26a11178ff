"""Noise texture and sharpness of every loss relative to full dose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs, StageSpec
from ldct.stages.curves import Curves
from ldct.stages.keys import FoldKey, Whole
from ldct.stages.resampling import resampling
from ldct.statistics.settings import Resampling

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Physics(Stage):
    """Compare noise power spectra and transfer functions of every loss with full dose."""

    class Spec(StageSpec):
        losses: tuple[str, ...]
        models: tuple[str, ...]
        resampling: Resampling

    class Inputs(StageInputs):
        curves: Annotated[list[Path], Field(description="tables of curves of the folds")]

    class Outputs(StageOutputs):
        tables: Folder = Path("results/physics")

    @classmethod
    def spec(cls, plan: Plan, key: Whole) -> Spec:
        return cls.Spec(losses=tuple(plan.losses), models=tuple(plan.study.models), resampling=resampling(plan))

    @classmethod
    def inputs(cls, plan: Plan, key: Whole) -> Inputs:
        return cls.Inputs(curves=[Curves.outputs(FoldKey(fold)).curves for fold in plan.roles])

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.statistics.curves import curve_ratios

        curve_ratios(spec, inputs.curves, outputs.tables)
