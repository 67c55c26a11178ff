"""One training: a network, a loss, a fold and a seed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.config.training import Budget
from ldct.stages.base import Content, Stage, StageInputs, StageOutputs, StageSpec, narrow
from ldct.stages.calibrate import Calibrate
from ldct.stages.keys import Run
from ldct.stages.parts import NetworkSpec, TermSpec, network, terms
from ldct.stages.patches import patches_for
from ldct.stages.search import Search
from ldct.stages.training import classes_of, encoder_of, pretrained_of

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Train(Stage):
    """Train one network with one loss on one fold and seed; goes on from its last state if it was interrupted."""

    key = Run

    class Spec(StageSpec):
        network: NetworkSpec
        terms: tuple[TermSpec, ...]
        train: tuple[str, ...]
        validation: tuple[str, ...]
        seed: int
        budget: Budget
        pretrained: Content | None = None

    class Inputs(StageInputs):
        patches: Annotated[list[Path], Field(description="patch tables of the other folds")]
        calibration: Annotated[Path | None, Field(description="table of weights found for target shares")] = None
        encoder: Annotated[Path | None, Field(description="weights of the encoder of this fold")] = None
        search: Annotated[Path | None, Field(description="table of the learning rates tried")] = None

    class Outputs(StageOutputs):
        weights: Path = Path("results/models/{key}/weights.safetensors")
        history: Path = Path("results/models/{key}/history.parquet")
        run: Path = Path("results/models/{key}/run.json")

    @classmethod
    def spec(cls, plan: Plan, key: Run) -> Spec:
        roles = plan.roles[key.fold]
        return cls.Spec(
            network=network(plan, key.model),
            terms=terms(plan.study.losses[key.loss]),
            train=roles.train,
            validation=roles.validation,
            seed=key.seed,
            budget=narrow(Budget, plan.study.training),
            pretrained=pretrained_of(plan, key.loss),
        )

    @classmethod
    def inputs(cls, plan: Plan, key: Run) -> Inputs:
        return cls.Inputs(
            patches=patches_for(plan, key.fold),
            calibration=Calibrate.of_loss(plan, key.tuning),
            encoder=encoder_of(plan, key.loss, key.fold),
            search=Search.of_study(plan, key.tuning),
        )

    @classmethod
    def chosen(cls, plan: Plan, key: Run) -> list[str]:
        return classes_of(plan, key)

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
