"""The search for a loss's learning rate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from ldct.config.training import Search as Settings
from ldct.stages.base import Stage, StageOutputs
from ldct.stages.calibrate import Calibrate
from ldct.stages.keys import TuningKey
from ldct.stages.training import TrainingInputs, TrainingSpec, classes_of, seed_of

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Search(Stage):
    """Try learning rates for one loss, network and fold on the validation patients; serves all seeds."""

    key = TuningKey
    stored = ("torch",)

    class Spec(TrainingSpec):
        search: Settings

        def trial(self, **budget: Any) -> TrainingSpec:
            """A training with another budget."""
            shared = {name: getattr(self, name) for name in TrainingSpec.model_fields}
            return TrainingSpec(**{**shared, "budget": self.budget.model_copy(update=budget)})

    class Inputs(TrainingInputs):
        calibration: Annotated[Path | None, Field(description="table of the weights of terms with a share")] = None

    class Outputs(StageOutputs):
        rates: Path = Path("results/search/{key}.parquet")

    @classmethod
    def of_study(cls, plan: Plan, key: TuningKey) -> Path | None:
        """The table of learning rates tried, where they are searched."""
        return cls.outputs(key).rates if plan.study.training.search.learning_rates else None

    @classmethod
    def spec(cls, plan: Plan, key: TuningKey) -> Spec:
        training = plan.study.training
        return cls.Spec.of(plan, key, seed_of(plan, key.loss, training.seeds[0]), search=training.search)

    @classmethod
    def inputs(cls, plan: Plan, key: TuningKey) -> Inputs:
        return cls.Inputs.of(
            plan,
            key,
            calibration=Calibrate.of_loss(plan, key),
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
