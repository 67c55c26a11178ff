"""The search for a loss's learning rate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.config.training import Budget
from ldct.config.training import Search as Settings
from ldct.stages.base import Content, Stage, StageInputs, StageOutputs, StageSpec, narrow
from ldct.stages.calibrate import Calibrate
from ldct.stages.keys import TuningKey
from ldct.stages.parts import NetworkSpec, TermSpec, network, terms
from ldct.stages.patches import patches_for
from ldct.stages.training import classes_of, encoder_of, pretrained_of

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Search(Stage):
    """Try learning rates for one loss, network and fold on the validation patients; serves all seeds."""

    key = TuningKey

    class Spec(StageSpec):
        network: NetworkSpec
        terms: tuple[TermSpec, ...]
        train: tuple[str, ...]
        validation: tuple[str, ...]
        seed: int
        budget: Budget
        search: Settings
        pretrained: Content | None = None

    class Inputs(StageInputs):
        patches: Annotated[list[Path], Field(description="patch tables of the other folds")]
        calibration: Annotated[Path | None, Field(description="table of the weights of terms with a share")] = None
        encoder: Annotated[Path | None, Field(description="weights of the encoder of this fold")] = None

    class Outputs(StageOutputs):
        rates: Path = Path("results/search/{key}.parquet")

    @classmethod
    def of_study(cls, plan: Plan, key: TuningKey) -> Path | None:
        """The table of learning rates tried, where they are searched."""
        return cls.outputs(key).rates if plan.study.training.search.learning_rates else None

    @classmethod
    def spec(cls, plan: Plan, key: TuningKey) -> Spec:
        training, roles = plan.study.training, plan.roles[key.fold]
        return cls.Spec(
            network=network(plan, key.model),
            terms=terms(plan.study.losses[key.loss]),
            train=roles.train,
            validation=roles.validation,
            seed=training.seeds[0],
            budget=narrow(Budget, training),
            search=training.search,
            pretrained=pretrained_of(plan, key.loss),
        )

    @classmethod
    def inputs(cls, plan: Plan, key: TuningKey) -> Inputs:
        return cls.Inputs(
            patches=patches_for(plan, key.fold),
            calibration=Calibrate.of_loss(plan, key),
            encoder=encoder_of(plan, key.loss, key.fold),
        )

    @classmethod
    def chosen(cls, plan: Plan, key: TuningKey) -> list[str]:
        return classes_of(plan, key)

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.data.stream import tables_of
        from ldct.files import weights_folder
        from ldct.training.search import search

        search(spec, tables_of(inputs.patches), outputs.rates, weights_folder(), inputs.calibration, inputs.encoder)
