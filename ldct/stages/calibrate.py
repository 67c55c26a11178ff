"""Weights of a loss from the target shares of its terms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ldct.stages.base import Content, Stage, StageOutputs, StageSpec
from ldct.stages.keys import TuningKey
from ldct.stages.parts import NetworkSpec, TermSpec, network, terms
from ldct.stages.training import TrainingInputs, classes_of, pretrained_of, seed_of

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Calibrate(Stage):
    """Find the weights that give the terms of a loss their target shares, on training patients; serves all seeds."""

    key = TuningKey
    stored = ("torch",)

    class Spec(StageSpec):
        network: NetworkSpec
        terms: tuple[TermSpec, ...]
        train: tuple[str, ...]
        seed: int
        steps: int
        batch: int
        learning_rate: float
        precision: str
        device: str
        pretrained: Content | None = None

    Inputs = TrainingInputs

    class Outputs(StageOutputs):
        weights: Path = Path("results/calibration/{key}.parquet")

    @classmethod
    def of_loss(cls, plan: Plan, key: TuningKey) -> Path | None:
        """The table of weights, where the loss has target shares."""
        return cls.outputs(key).weights if plan.study.losses[key.loss].calibrated else None

    @classmethod
    def spec(cls, plan: Plan, key: TuningKey) -> Spec:
        training = plan.study.training
        return cls.Spec(
            network=network(plan, key.model),
            terms=terms(plan.study.losses[key.loss]),
            train=plan.roles[key.fold].train,
            seed=seed_of(plan, key.loss, training.seeds[0]),
            steps=training.calibration_steps,
            batch=training.batch,
            learning_rate=training.learning_rate,
            precision=training.precision,
            device=training.device,
            pretrained=pretrained_of(plan, key.loss),
        )

    @classmethod
    def inputs(cls, plan: Plan, key: TuningKey) -> TrainingInputs:
        return TrainingInputs.of(plan, key)

    @classmethod
    def chosen(cls, plan: Plan, key: TuningKey) -> list[str]:
        return classes_of(plan, key)

    @staticmethod
    def run(spec: Spec, inputs: TrainingInputs, outputs: Outputs) -> None:
        from ldct.data.stream import tables_of
        from ldct.files import weights_folder
        from ldct.training.calibration import calibrate

        calibrate(spec, tables_of(inputs.patches), outputs.weights, weights_folder(), inputs.encoder)
