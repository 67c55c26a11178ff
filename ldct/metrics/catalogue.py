"""results/metrics/catalogue.parquet: what each configured metric is and whether it could be computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ldct.lesions.declared import of_patients
from ldct.metrics.build import missing
from ldct.metrics.declared import METRICS, Metric
from ldct.tables import write_table
from ldct.tables.metrics import CATALOGUE

if TYPE_CHECKING:
    from ldct.stages.catalogue import Catalogue


def write_catalogue(spec: Catalogue.Spec, output: Path, weights_dir: Path) -> None:
    """Write CATALOGUE rows in the order of the spec, then the measures of the model observers, where there are any.

    Raises ConfigError for an unknown name.
    """
    rows = [row(METRICS.of(name), missing(name, weights_dir)) for name in spec.metrics]
    if spec.observers is not None:
        rows += [row(measure) for measure in of_patients(spec.observers)]
    write_table(output, pa.Table.from_pylist(rows, schema=CATALOGUE), CATALOGUE)


def row(metric: Metric, absent: Sequence[str] = ()) -> dict[str, Any]:
    """The CATALOGUE row of a metric; absent: why it cannot be computed here."""
    said = {name: getattr(metric, name) for name in CATALOGUE.names if name not in ("metric", "available", "note")}
    return {
        "metric": metric.name,
        **said,
        "available": not absent,
        "note": "; ".join(absent) or metric.note,
    }
