"""Metrics of all runs of a fold on a share of its slices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.filters.declared import FILTERS
from ldct.intensity import Window
from ldct.stages.base import Content, Folder, Kept, Stage, StageInputs, StageOutputs, StageSources, StageSpec
from ldct.stages.gather import Gather
from ldct.stages.keys import FoldKey, Run, ShardKey
from ldct.stages.metrics import code_of_each, code_of_filter, fitted_tables, metric_weights, windows
from ldct.stages.predict import predictions_of_fold

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Evaluate(Stage):
    """Compute the metrics of all runs of a fold, and of the low- and full-dose images, on a share of its slices."""

    key = ShardKey

    class Spec(StageSpec):
        metrics: tuple[str, ...]
        # A digest for each metric: values of the same images and code are not computed again.
        code: tuple[str, ...]
        windows: dict[str, Window]
        # Name or path of each filter -> digest of its code.
        filters: dict[str, str]
        slices_per_patient: int | None = None
        patients: tuple[str, ...]
        fold: int
        shard: int
        shards: int
        pretrained: Content | None = None

    class Inputs(StageInputs):
        predictions: Annotated[list[Path], Field(description=".../model/loss/foldN/seedN.parquet")]
        images: Annotated[Folder, Field(description="folder of image tables, {patient}/{dose}.parquet")]
        fitted: Annotated[list[Path], Field(description="tables of metrics fitted on training patients")] = []

    class Sources(StageSources):
        # No output, which Snakemake would remove before the job: what is known of unchanged images is read from it.
        known: Annotated[Kept, Field(description="table of values computed before; it is brought up to date")]

    class Outputs(StageOutputs):
        values: Path = Path("results/metrics/{key}.parquet")

    @classmethod
    def spec(cls, plan: Plan, key: ShardKey) -> Spec:
        evaluation = plan.study.evaluation
        return cls.Spec(
            metrics=tuple(plan.metrics),
            code=code_of_each(tuple(plan.metrics)),
            windows=windows(plan),
            filters={use: code_of_filter(use) for use in evaluation.filters},
            slices_per_patient=evaluation.slices_per_patient,
            patients=plan.roles[key.fold].test,
            fold=key.fold,
            shard=key.shard,
            shards=evaluation.shards,
            pretrained=metric_weights(plan),
        )

    @classmethod
    def inputs(cls, plan: Plan, key: ShardKey) -> Inputs:
        return cls.Inputs(
            predictions=predictions_of_fold(plan, key.fold),
            images=Gather.outputs(FoldKey(key.fold)).images,
            fitted=fitted_tables(plan, key.fold),
        )

    @classmethod
    def chosen(cls, plan: Plan, key: ShardKey) -> list[str]:
        return [FILTERS.of(name).path for name in plan.study.evaluation.filters]

    @classmethod
    def sources(cls, plan: Plan, key: ShardKey) -> Sources:
        return cls.Sources(known=Path(f"results/metrics/kept/{key.path}.parquet"))

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs, sources: Sources) -> None:
        from ldct.data.folds import doses_by_patient
        from ldct.files import weights_folder
        from ldct.metrics.evaluate import evaluate

        runs = {Run.of_path(path): path for path in inputs.predictions}
        fitted = {path.stem: path for path in inputs.fitted}
        images = doses_by_patient([inputs.images])
        evaluate(spec, runs, images, outputs.values, sources.known, weights_folder(), fitted)
