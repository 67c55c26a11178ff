"""The scores of radiologists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.stages.base import Content, Folder, Stage, StageInputs, StageOutputs, StageSources, StageSpec, relative
from ldct.stages.catalogue import Catalogue
from ldct.stages.collect_metrics import CollectMetrics
from ldct.stages.keys import Whole
from ldct.stages.resampling import resampling
from ldct.statistics.settings import Resampling
from ldct.study.manifest import digest_file

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Readers(Stage):
    """Analyse the scores of readers: agreement, preference, and metrics against readers."""

    class Spec(StageSpec):
        scale: tuple[float, float]
        curve: int
        reference_loss: str
        resampling: Resampling
        files: dict[str, Content] = {}

    class Inputs(StageInputs):
        metrics: Annotated[Path, Field(description="table of metric values")]
        catalogue: Annotated[Path, Field(description="catalogue of the metrics")]

    class Sources(StageSources):
        key: Annotated[Path, Field(description="key of the reading set")]
        ratings: Annotated[Path | None, Field(description="CSV of ratings")] = None
        pairs: Annotated[Path | None, Field(description="CSV of pairwise choices")] = None

    class Outputs(StageOutputs):
        tables: Folder = Path("results/readers")

    @classmethod
    def of_study(cls, plan: Plan) -> Path | None:
        """The folder of tables, where there are scores of readers."""
        return cls.outputs().tables if plan.study.readers.key is not None else None

    @classmethod
    def spec(cls, plan: Plan, key: Whole) -> Spec:
        readers = plan.study.readers
        return cls.Spec(
            scale=readers.scale,
            curve=readers.curve,
            reference_loss=plan.study.statistics.reference_loss,
            resampling=resampling(plan),
            files={name: digest_file(path) for name, path in plan.readers_files.items()},
        )

    @classmethod
    def inputs(cls, plan: Plan, key: Whole) -> Inputs:
        return cls.Inputs(metrics=CollectMetrics.outputs().metrics, catalogue=Catalogue.outputs().catalogue)

    @classmethod
    def sources(cls, plan: Plan, key: Whole) -> Sources:
        return cls.Sources(**{name: relative(path) for name, path in plan.readers_files.items()})

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs, sources: Sources) -> None:
        from ldct.readers.analysis import analyse

        scores = sources.key, sources.ratings, sources.pairs
        analyse(spec, *scores, inputs.metrics, inputs.catalogue, outputs.tables)
