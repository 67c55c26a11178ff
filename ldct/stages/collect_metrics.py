"""The metric values of the study in one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.stages.base import Stage, StageInputs, StageOutputs
from ldct.stages.evaluate import Evaluate
from ldct.stages.keys import ShardKey, Whole
from ldct.stages.observe import task_metrics

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class CollectMetrics(Stage):
    """Merge the metric values of all runs and anchors into one sorted table."""

    class Inputs(StageInputs):
        shards: Annotated[list[Path], Field(description="tables of runs and anchors")]
        tasks: Annotated[list[Path], Field(description="tables of what model observers see of lesions")] = []

    class Outputs(StageOutputs):
        metrics: Path = Path("results/metrics/metrics.parquet")

    @classmethod
    def inputs(cls, plan: Plan, key: Whole) -> Inputs:
        shards = [ShardKey(fold, shard) for fold in plan.roles for shard in range(plan.study.evaluation.shards)]
        return cls.Inputs(shards=[Evaluate.outputs(shard).values for shard in shards], tasks=task_metrics(plan))

    @staticmethod
    def run(inputs: Inputs, outputs: Outputs) -> None:
        from ldct.metrics.collect import collect

        collect([*inputs.shards, *inputs.tasks], outputs.metrics)
