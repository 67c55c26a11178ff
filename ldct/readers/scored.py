"""No-reference metrics against the mean scores of published images."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tqdm import tqdm

from ldct.intensity import WINDOWS
from ldct.metrics.base import NoValue, prepare, score, view
from ldct.metrics.build import build
from ldct.metrics.declared import METRICS
from ldct.metrics.judge import windows_of
from ldct.orientation import goodness
from ldct.readers.against_metrics import metric_rows
from ldct.readers.ldctiqac import WINDOW, ScoredImages
from ldct.statistics.settings import Resampling
from ldct.tables import write_table
from ldct.tables.readers import TABLES

log = logging.getLogger("ldct")
SHOWN = {"shown": WINDOW, "soft_tissue": WINDOWS["soft_tissue"]}


def no_reference_metrics() -> list[str]:
    """Built-in metrics that need no full-dose image."""
    return [name for name, metric in METRICS.items() if not metric.reference]


def judge_scored(
    metrics: Sequence[str] | None,
    images: ScoredImages,
    output: Path,
    resampling: Resampling,
    *,
    curve: int = 4,
    weights_dir: Path | None = None,
    bar: bool = True,
) -> pd.DataFrame:
    """Write METRICS rows ('metrics.parquet') and DIFFERENCES rows under `output`; returns the former.

    metrics: names; None for all without a reference. curve: parameters of the logistic, 4 or 5. A row 'challenge' holds
    |PLCC| + |SROCC| + |KROCC| as the challenge ranks, without an interval. The files do not say which images are of
    one patient, so that intervals take images as independent and are too narrow.
    """
    judges = [m for m in build(metrics or no_reference_metrics(), weights_dir) if not m.reference]
    values: dict[tuple[str, str], list[float]] = {}
    for index in tqdm(range(len(images.names)), desc="judge", unit="image", disable=not bar):
        hu = images.hu(index)
        for metric in judges:
            for name in windows_of(metric, SHOWN):
                image = view(hu, window=None if name == "hu" else SHOWN[name])
                try:
                    value = score(metric, prepare(metric, image), image)
                except NoValue as reason:
                    log.info("%s, %s: no value for %s: %s", metric.name, name, images.names[index], reason)
                    value = float("nan")
                values.setdefault((metric.name, name), []).append(value)
    directions = {metric.name: metric.direction for metric in judges}
    table = pd.DataFrame(
        {criterion: goodness(np.array(column), directions[criterion[0]]) for criterion, column in values.items()},
        index=pd.Index(images.names, name="image"),
    )
    table.columns = pd.MultiIndex.from_tuples(values, names=["metric", "window"])
    scores = pd.concat({"readers": pd.DataFrame({"mean": images.scores}, index=table.index)}, axis=1)
    scores["patient", ""] = images.names
    scores["case", ""] = "all"
    rows, differences = metric_rows(table, scores, resampling.draws, resampling.confidence, resampling.seed, curve)
    rows = [row for row in rows if row["statistic"] != "srocc_within"]
    rows += [_challenge(rows, criterion) for criterion in values if any(_is(row, criterion) for row in rows)]
    for name, found in (("metrics", rows), ("differences", differences)):
        schema = TABLES[name]
        columns = {f.name: pa.array([_plain(row.get(f.name)) for row in found], f.type) for f in schema}
        write_table(output / f"{name}.parquet", pa.table(columns), schema)
    return pd.DataFrame(rows)


def _is(row: Mapping[str, Any], criterion: tuple[str, str]) -> bool:
    return (row["metric"], row["window"]) == criterion


def _challenge(rows: list[dict[str, Any]], criterion: tuple[str, str]) -> dict[str, Any]:
    own = {row["statistic"]: row for row in rows if _is(row, criterion)}
    total = sum(abs(own[name]["value"]) for name in ("plcc", "srocc", "krocc"))
    none = {"low": None, "high": None}
    return {**own["srocc"], "statistic": "challenge", "value": total, **none}


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value
