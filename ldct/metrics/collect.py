"""results/metrics/metrics.parquet: the values of all runs and anchors in one sorted table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from ldct.tables import read_table, write_table
from ldct.tables.metrics import METRICS

ORDER = ("model", "loss", "fold", "seed", "patient", "slice", "dose", "checkpoint", "metric", "window")


def collect(parts: Sequence[Path], output: Path) -> None:
    """Merge METRICS tables, sorted by ORDER, so that the result does not depend on the order of `parts`.

    Raises InputError naming a part that is missing or corrupt.
    """
    tables = [read_table(part, METRICS) for part in sorted(parts)]
    whole = pa.concat_tables(tables) if tables else METRICS.empty_table()
    write_table(output, whole.sort_by([(name, "ascending") for name in ORDER]), METRICS)
