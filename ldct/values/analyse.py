"""The whole analysis and report of a long table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ldct.config.statistics import Statistics
from ldct.report.build import build_report
from ldct.report.outputs import TABLES
from ldct.report.results import load
from ldct.stages.base import narrow
from ldct.stages.report import Report
from ldct.stages.shown import ShownLoss, ShownNetwork, ShownStatistics
from ldct.statistics.consistency import analyse
from ldct.values.study import LongStudy


def analyse_study(
    study: LongStudy,
    output: Path,
    *,
    draws: int,
    confidence: float,
    seed: int = 0,
    margins: Mapping[str, float] | None = None,
    title: str = "Consistency of losses and metrics",
) -> Path:
    """Write under `output` what the workflow writes under results: metrics, consistency and report; returns the page.

    Raises ConfigError for a margin of an absent metric.
    """
    settings = study.settings(draws=draws, confidence=confidence, seed=seed, margins=margins or {})
    metrics, catalogue = output / "metrics/metrics.parquet", output / "metrics/catalogue.parquet"
    study.write(metrics, catalogue)
    analyse(settings, metrics, catalogue, study.write_histories(output / "models"), output / "consistency")
    stated = Statistics(bootstrap_draws=draws, confidence=confidence, reference_loss=study.reference)
    spec = Report.Spec(
        title=title,
        assumptions=(),
        losses=tuple(ShownLoss(name=name, terms=()) for name in study.losses),
        networks=tuple(ShownNetwork(name=name, use=name) for name in study.models),
        unavailable=(),
        statistics=narrow(ShownStatistics, stated),
    )
    results = load(spec, consistency=output / "consistency", metrics=metrics, catalogue=catalogue)
    page = output / "report/report.html"
    build_report(results, page, tables=[output / f"report/tables/{name}.csv" for name in TABLES])
    return page
