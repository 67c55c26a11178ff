"""The consistency analysis: from the table of metrics to results/consistency/*.parquet."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldct.statistics.control import control_design, control_rows, without
from ldct.statistics.dense import read_dense
from ldct.statistics.evidence import Verdicts
from ldct.statistics.filters import filter_rows
from ldct.statistics.home_share import at_home, share_design
from ldct.statistics.hypotheses import hypotheses
from ldct.statistics.image_level import image_level
from ldct.statistics.inventory import coverage_rows, criteria_rows, design_rows, run_rows
from ldct.statistics.ladder import failed_ladders, ladder_design
from ldct.statistics.loss_values import loss_values, patient_values, run_values
from ldct.statistics.mixed import mixed_rows
from ldct.statistics.panel import panels as build_panels
from ldct.statistics.panel_rows import panel_rows
from ldct.statistics.settings import Settings
from ldct.statistics.trajectories import read_histories, trajectories
from ldct.statistics.trust import trust_rows
from ldct.statistics.variance import variance_rows
from ldct.tables import read_table, table_of, write_table
from ldct.tables.consistency import TABLES
from ldct.tables.validity import VALIDITY

if TYPE_CHECKING:
    from ldct.stages.keys import Run

_log = logging.getLogger("ldct")


def analyse(
    settings: Settings,
    metrics: Path,
    catalogue: Path,
    histories: Mapping[Run, Path],
    output: Path,
    validity: Path | None = None,
) -> None:
    """Write every table of `ldct.tables.consistency.TABLES` under `output`.

    From the terms of the losses, and their measured shares of the gradient, their home metrics and kinds are known.
    Absent runs, values and histories are left out and named in the tables. Equal input gives equal bytes. Raises
    InputError where the table of metrics or the catalogue cannot be read. validity: summary of the metrics' ladders;
    metrics that fail have no vote.
    """
    failed = failed_ladders(validity, settings.primary_window, settings.policy) if validity else {}
    courses = read_histories(histories)
    settings = settings.model_copy(
        update={
            "voteless": sorted({*settings.voteless, *failed}),
            "terms": at_home(settings.terms, courses.shares),
        }
    )
    control = [settings.control] if settings.control else []
    everything = read_dense(
        Path(metrics),
        Path(catalogue),
        losses=[*settings.losses, *control],
        models=settings.models,
        seeds=settings.seeds,
        folds=settings.folds,
        primary_window=settings.primary_window,
        terms=settings.terms,
        persons=settings.persons,
        filters=settings.filters,
    )
    # No loss of the study: nothing but its own table knows of the control.
    dense = without(everything, control[0]) if control else everything
    _log.info(
        "statistics: %d patients, %d slices, %d criteria",
        len(dense.patients),
        int((~dense.whole).sum()),
        len(dense.criteria),
    )
    ladder = read_table(validity, VALIDITY).to_pylist() if validity else []
    panels, covers = build_panels(dense)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    rows["runs"] = run_rows(dense, courses)
    rows["coverage"] = coverage_rows(dense, covers, rows["runs"])
    rows["criteria"] = criteria_rows(dense, panels)
    rows["design"] = design_rows(dense, panels, rows["runs"], settings)
    if dense.patients and dense.criteria:
        rows["loss_values"] = loss_values(dense, covers, settings)
        rows["patient_values"] = patient_values(dense, covers)
        rows["run_values"] = run_values(dense)
        _log.info("statistics: levels of %d losses done", len(dense.losses))
        points, runs, summary, of_training = trajectories(dense, courses, settings)
        rows["trajectory_points"], rows["trajectories"], rows["trajectory_summary"] = points, runs, summary
        _log.info("statistics: %d trajectories done", len(runs))
        answers = [Verdicts(panel, settings) for panel in panels]
        for verdicts in answers:
            panel = verdicts.panel
            boot = panel.bootstrap(settings.draws, settings.rng("panel", panel.model))
            for name, part in panel_rows(verdicts, boot).items():
                rows[name] += part
            rows["control"] += control_rows(everything, verdicts)
            rows["trust"] += trust_rows(verdicts, ladder)
            _log.info("statistics: agreement and tests of %s done", panel.model)
            rows["filters"] += filter_rows(verdicts, dense)
            rows["image_level"] += image_level(panel, boot, settings)
            rows["variance"] += variance_rows(panel)
            _log.info("statistics: image level and variance of %s done", panel.model)
        rows["mixed"] = mixed_rows(answers, settings)
        rows["hypotheses"], rows["power"] = hypotheses(answers, dense, of_training, settings)
    rows["design"] += [
        *ladder_design(failed),
        *share_design(courses.shares),
        *control_design(rows["control"], settings),
    ]
    for name, schema in TABLES.items():
        write_table(Path(output) / f"{name}.parquet", table_of(rows[name], schema), schema)
    for row in rows["hypotheses"]:
        _log.info("claim %s (%s, %s): %s", row["claim"], row["part"], row["model"], row["sentence"])
