"""The reader study: from the readers' CSV files and the table of metrics to results/readers/*.parquet."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ldct.errors import InputError
from ldct.orientation import goodness
from ldct.readers.against_metrics import choice_agreement, metric_rows
from ldct.readers.preference import choice_rows, loss_rows
from ldct.readers.reliability import first_session, reliability
from ldct.readers.scores import read_key, read_pairs, read_ratings
from ldct.tables import read_table, write_table
from ldct.tables.metrics import CATALOGUE
from ldct.tables.metrics import METRICS as METRIC_VALUES
from ldct.tables.readers import PAIRS, RATINGS, TABLES

if TYPE_CHECKING:
    from ldct.stages.readers import Readers

log = logging.getLogger("ldct")


def analyse(
    spec: Readers.Spec,
    key: Path,
    ratings: Path | None,
    pairs: Path | None,
    metrics: Path,
    catalogue: Path,
    output: Path,
) -> None:
    """Write every table of `ldct.tables.readers.TABLES` under `output`.

    Either file of scores may be None; its tables are then empty. Raises InputError for wrong lines in a CSV file and
    where no rated image has metric values.
    """
    known = read_key(key)
    rated = read_ratings(ratings, known, spec.scale) if ratings else pd.DataFrame(columns=RATINGS.names)
    chosen = read_pairs(pairs, known) if pairs else pd.DataFrame(columns=PAIRS.names)
    values = metric_values(known, metrics, catalogue)
    shown = {*rated["image"], *chosen["left"], *chosen["right"]}
    if not shown & set(values.index):
        raise InputError(
            key,
            "no scored image with metric values in this study",
            "patient, slice, model, loss, seed and checkpoint of images in results/metrics/metrics.parquet",
            "Give the key that 'ldct readers export' wrote for this study.",
        )
    draws, confidence, seed = spec.resampling.draws, spec.resampling.confidence, spec.resampling.seed
    patients = known.set_index("image")["patient"]
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    if len(rated):
        rows["agreement"] = reliability(rated, patients, draws, confidence, np.random.default_rng(seed))
        rows["losses"] = loss_rows(rated, known, spec.reference_loss, confidence)
        scores = first_session(rated)
        common = scores.index.intersection(values.index)
        table = pd.concat({"readers": scores.loc[common]}, axis=1)
        table["patient", ""] = patients.loc[common]
        table["case", ""] = known.set_index("image")["case"].loc[common]
        rows["metrics"], rows["differences"] = metric_rows(
            values.loc[common], table, draws, confidence, seed, spec.curve
        )
    if len(chosen):
        rows["choices"] = choice_rows(chosen, known, confidence)
        rows["metrics"] += choice_agreement(values, chosen, patients, confidence)
    for name, schema in TABLES.items():
        columns = {f.name: pa.array([_plain(row.get(f.name)) for row in rows[name]], f.type) for f in schema}
        write_table(output / f"{name}.parquet", pa.table(columns), schema)
    log.info(
        "readers: %d ratings and %d choices by %d readers, %d patients",
        len(rated),
        len(chosen),
        len({*rated["reader"], *chosen["reader"]}),
        patients.loc[sorted(shown)].nunique(),
    )


def metric_values(key: pd.DataFrame, metrics: Path, catalogue: Path) -> pd.DataFrame:
    """Values of the images of `key` (rows) by (metric, window) (columns), oriented so that more is better."""
    index = ["patient", "slice", "model", "loss", "seed", "checkpoint"]
    slices = sorted({int(s) for s in key["slice"]})
    table = read_table(metrics, METRIC_VALUES, [("slice", "in", slices)]).to_pandas()
    joined = key.merge(table, on=index, suffixes=("", "_of_run"))
    directions = {row["metric"]: row["direction"] for row in read_table(catalogue, CATALOGUE).to_pylist()}
    wide = joined.pivot_table(index="image", columns=["metric", "window"], values="value", dropna=True, sort=True)
    for criterion in wide.columns:
        wide[criterion] = goodness(wide[criterion].to_numpy(float), directions[criterion[0]])
    return wide


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value
