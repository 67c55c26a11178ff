"""history.parquet: what each epoch came to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ldct.tables import write_table
from ldct.tables.history import HISTORY


def write_history(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows with the columns of HISTORY."""
    write_table(path, pa.Table.from_pylist(list(rows), schema=HISTORY), HISTORY)


def select_epoch(rows: Sequence[dict[str, Any]], kept: Sequence[int], rule: str) -> int:
    """The kept epoch that stands for the run: the last, or the one of the smallest validation value (earliest of ties).

    Falls back on the last where there are no validation values.
    """
    finished = [row for row in rows if row["epoch"] in kept]
    column = {"validation_rmse": "validation_rmse_hu", "validation_loss": "validation_loss"}.get(rule)
    measured = [row for row in finished if column and row[column] == row[column]]
    if measured and column:
        return min(measured, key=lambda row: (row[column], row["epoch"]))["epoch"]
    return finished[-1]["epoch"]
