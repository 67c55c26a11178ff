"""The report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.report.outputs import FIGURES, TABLES
from ldct.stages import shown
from ldct.stages.base import Folder, Stage, StageInputs, StageOutputs, StageSpec, narrow
from ldct.stages.catalogue import Catalogue
from ldct.stages.check import Check
from ldct.stages.cohort import Cohort
from ldct.stages.collect_metrics import CollectMetrics
from ldct.stages.consistency import Consistency
from ldct.stages.conspicuity import Conspicuity
from ldct.stages.keys import Run, TuningKey, Whole
from ldct.stages.lesions import has_lesions
from ldct.stages.panels import Panels
from ldct.stages.parts import Unavailable, unavailable
from ldct.stages.physics import Physics
from ldct.stages.readers import Readers
from ldct.stages.search import Search
from ldct.stages.train import Train
from ldct.stages.validity import Validity
from ldct.study.preregistration import Preregistered

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Report(Stage):
    """Write the report: one self-contained HTML file, with its figures and tables beside it."""

    class Spec(StageSpec):
        title: str
        assumptions: tuple[str, ...]
        losses: tuple[shown.ShownLoss, ...]
        networks: tuple[shown.ShownNetwork, ...]
        unavailable: tuple[Unavailable, ...]
        statistics: shown.ShownStatistics
        # None where the values come from another tool, and how they were made is not known.
        low_dose_fraction: float | None = None
        dose_tolerance: float = 0.2
        cohort: shown.ShownCohort | None = None
        patches: shown.ShownPatches | None = None
        training: shown.ShownTraining | None = None
        evaluation: shown.ShownEvaluation | None = None
        lesions: shown.ShownLesions | None = None
        preregistration: Preregistered | None = None

    class Inputs(StageInputs):
        consistency: Annotated[Folder, Field(description="folder of the consistency tables")]
        metrics: Annotated[Path, Field(description="table of metric values")]
        catalogue: Annotated[Path, Field(description="catalogue of the metrics")]
        validity: Annotated[Path, Field(description="summary of the metrics' validity")]
        cohort: Annotated[list[Path], Field(description="cohort tables")]
        histories: Annotated[list[Path], Field(description="history tables of the runs")]
        runs: Annotated[list[Path], Field(description="run.json files of the runs")]
        panels: Annotated[Path, Field(description="panel table")]
        card: Annotated[Path, Field(description="card of the study")]
        searches: Annotated[list[Path], Field(description="tables of the learning rates tried")] = []
        optional: Annotated[list[Path], Field(description="folders of tables of optional stages")] = []

    class Outputs(StageOutputs):
        html: Path = Path("results/report/report.html")
        figures: tuple[Path, ...] = tuple(Path(f"results/report/figures/{name}.png") for name in FIGURES)
        tables: tuple[Path, ...] = tuple(Path(f"results/report/tables/{name}.csv") for name in TABLES)

    @classmethod
    def spec(cls, plan: Plan, key: Whole) -> Spec:
        study = plan.study
        return cls.Spec(
            title=study.report.title,
            assumptions=tuple(study.report.assumptions),
            losses=shown.losses_shown(plan),
            networks=shown.networks_shown(plan),
            unavailable=unavailable(plan),
            low_dose_fraction=study.low_dose.fraction,
            dose_tolerance=study.cohort.dose_tolerance,
            cohort=narrow(shown.ShownCohort, study.cohort),
            patches=narrow(shown.ShownPatches, study.patches),
            training=narrow(shown.ShownTraining, study.training),
            evaluation=shown.evaluation_shown(study.evaluation),
            lesions=shown.lesions_shown(study.lesions),
            statistics=narrow(shown.ShownStatistics, study.statistics),
            preregistration=plan.preregistration,
        )

    @classmethod
    def inputs(cls, plan: Plan, key: Whole) -> Inputs:
        trained = [Train.outputs(run) for run in plan.compared_runs]
        searches = {run.tuning: Search.of_study(plan, run.tuning) for run in plan.compared_runs}
        lesions = Conspicuity.outputs().tables if has_lesions(plan) else None
        optional = [Physics.outputs().tables, Readers.of_study(plan), lesions]
        return cls.Inputs(
            consistency=Consistency.outputs().tables,
            metrics=CollectMetrics.outputs().metrics,
            catalogue=Catalogue.outputs().catalogue,
            validity=Validity.outputs().summary,
            cohort=list(dict(Cohort.outputs()).values()),
            histories=[one.history for one in trained],
            runs=[one.run for one in trained],
            panels=Panels.outputs().panels,
            card=Check.outputs().card,
            searches=[path for path in searches.values() if path is not None],
            optional=[path for path in optional if path is not None],
        )

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs) -> None:
        from ldct.report.build import build_report
        from ldct.report.results import load

        results = load(
            spec,
            consistency=inputs.consistency,
            metrics=inputs.metrics,
            catalogue=inputs.catalogue,
            validity=inputs.validity,
            cohort=inputs.cohort[0].parent,
            histories=Run.by_key(inputs.histories),
            runs=Run.by_key(inputs.runs),
            searches=TuningKey.by_key(inputs.searches),
            panels=inputs.panels,
            card=inputs.card,
            optional=inputs.optional,
        )
        build_report(results, outputs.html, figures=outputs.figures, tables=outputs.tables)
