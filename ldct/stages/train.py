"""One training: a network, a loss, a fold and a seed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.stages.base import Stage, StageOutputs
from ldct.stages.calibrate import Calibrate
from ldct.stages.keys import Run
from ldct.stages.search import Search
from ldct.stages.training import TrainingInputs, TrainingSpec, classes_of, seed_of

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Train(Stage):
    """Train one network with one loss on one fold and seed; goes on from its last state if it was interrupted."""

    key = Run
    stored = ("torch",)

    class Spec(TrainingSpec):
        """A training on its own."""

    class Inputs(TrainingInputs):
        calibration: Annotated[Path | None, Field(description="table of weights found for target shares")] = None
        search: Annotated[Path | None, Field(description="table of the learning rates tried")] = None

    class Outputs(StageOutputs):
        weights: Path = Path("results/models/{key}/weights.safetensors")
        history: Path = Path("results/models/{key}/history.parquet")
        run: Path = Path("results/models/{key}/run.json")

    @classmethod
    def spec(cls, plan: Plan, key: Run) -> Spec:
        return cls.Spec.of(plan, key, seed_of(plan, key.loss, key.seed))

    @classmethod
    def inputs(cls, plan: Plan, key: Run) -> Inputs:
        return cls.Inputs.of(
            plan,
            key,
            calibration=Calibrate.of_loss(plan, key.tuning),
            search=Search.of_study(plan, key.tuning),
        )

    @classmethod
    def chosen(cls, plan: Plan, key: Run) -> list[str]:
        return classes_of(plan, key)

    @classmethod
    def beside(cls, outputs: Outputs) -> dict[str, list[Path]]:
        return {"run": sorted((outputs.run.parent / "checkpoints").glob("*.safetensors"))}

    @classmethod
    def worth_keeping(cls, outputs: Outputs) -> bool:
        # What ended for want of memory or a mended mistake is tried again.
        return json.loads(outputs.run.read_bytes())["status"] == "completed"

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.stream import tables_of
        from ldct.files import weights_folder
        from ldct.training.run import train

        train(
            spec,
            tables_of(inputs.patches),
            outputs.run.parent,
            weights_folder(),
            calibration=inputs.calibration,
            encoder=inputs.encoder,
            search=inputs.search,
        )
