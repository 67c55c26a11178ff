"""results/metrics/catalogue.parquet: what each configured metric is and whether it could be computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ldct.lesions import cards
from ldct.metrics.build import missing
from ldct.metrics.declared import METRICS
from ldct.tables import write_table
from ldct.tables.metrics import CATALOGUE

if TYPE_CHECKING:
    from ldct.stages.catalogue import Catalogue


def write_catalogue(spec: Catalogue.Spec, output: Path, weights_dir: Path) -> None:
    """Write CATALOGUE rows in the order of the spec, then the measures of the model observers, where there are any.

    Raises ConfigError for an unknown name.
    """
    rows = [row(name, weights_dir) for name in spec.metrics]
    if spec.observers is not None:
        rows += cards.catalogue(spec.observers)
    write_table(output, pa.Table.from_pylist(rows, schema=CATALOGUE), CATALOGUE)


def row(name: str, weights_dir: Path) -> dict[str, Any]:
    """The CATALOGUE row of a built-in name or dotted path."""
    metric = METRICS.of(name)
    absent = missing(name, weights_dir)
    fields = ("label", "family", "direction", "low", "high", "unit", "mapping", "reference", "source", "licence")
    return {
        "metric": metric.name,
        **{field: getattr(metric, field) for field in fields},
        "available": not absent,
        "note": "; ".join(absent) or metric.note,
    }
