"""A small search for the learning rate, the same for every loss, judged on validation patients."""

from __future__ import annotations

import json
import logging
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ldct.files import write_text
from ldct.tables import read_table, write_table
from ldct.tables.history import HISTORY
from ldct.tables.search import SEARCH
from ldct.training import files
from ldct.training.run import resume_key, train

if TYPE_CHECKING:
    from ldct.stages.search import Search

log = logging.getLogger("ldct")
COLUMNS = {"validation_rmse": "validation_rmse_hu", "validation_loss": "validation_loss"}


def search(
    spec: Search.Spec,
    patches: Mapping[str, Path],
    output: Path,
    weights_dir: Path,
    calibration: Path | None = None,
    encoder: Path | None = None,
) -> None:
    """Write SEARCH rows: each learning rate of `spec.search` tried, and the one that trainings take.

    A trial is a training of `steps` steps with the schedule of the study; the rate with the least `criterion` on the
    validation patients is chosen, of equal ones, and where every trial diverges, the smallest. Trials are kept until
    all are done, so that a killed search goes on.
    """
    wanted = spec.search
    short = {"epochs": 1, "steps_per_epoch": wanted.steps, "checkpoints": [1], "checkpoint_rule": "last"}
    trials = output.with_name(f".{output.stem}.trials")
    rows: list[dict[str, Any]] = []
    for rate in sorted(wanted.learning_rates):
        trial = spec.trial(**short, learning_rate=rate)
        folder = trials / f"{rate:g}"
        # Of all that a trial depends on: what a killed search has finished is only used by the same.
        key = resume_key(trial, patches, encoder)
        key += files.digest_of_file(calibration) if calibration else ""
        done = folder / "key"
        if not done.is_file() or done.read_text(encoding="utf-8") != key:
            train(trial, patches, folder, weights_dir, calibration=calibration, encoder=encoder)
            write_text(done, key)
        outcome = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        last = read_table(folder / "history.parquet", HISTORY).to_pylist()[-1:]
        completed = outcome["status"] == "completed" and last
        values = {name: _finite(last[0][name]) if completed else None for name in COLUMNS.values()}
        rows.append({"learning_rate": rate, "steps": wanted.steps, **values, "reason": outcome["reason"]})
    chosen = choose(rows, COLUMNS[wanted.criterion])
    made = [{**row, "chosen": row["learning_rate"] == chosen} for row in rows]
    write_table(output, pa.Table.from_pylist(made, SEARCH), SEARCH)
    shutil.rmtree(trials, ignore_errors=True)
    log.info(
        "%s: learning rate %g of %s",
        "/".join(output.with_suffix("").parts[-3:]),
        chosen,
        [row["learning_rate"] for row in rows],
    )


def choose(rows: list[dict[str, Any]], criterion: str) -> float:
    """The learning rate with the least `criterion`, of equal ones the smallest; the smallest of all without values."""
    usable = [row for row in rows if row[criterion] is not None] or rows
    return min(usable, key=lambda row: (row[criterion] or 0.0, row["learning_rate"]))["learning_rate"]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
