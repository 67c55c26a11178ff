"""A long table as a study: the workflow's table of metrics, its catalogue, and the settings of the analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ldct.anchors import IMAGES
from ldct.errors import ConfigError
from ldct.filters.declared import FILTERS
from ldct.stages.keys import Run
from ldct.statistics.settings import Settings
from ldct.tables import table_of, write_table
from ldct.tables.history import HISTORY
from ldct.tables.metrics import CATALOGUE, METRICS, WHOLE_PATIENT
from ldct.values.check import anchors_of, check_rows
from ldct.values.columns import ABSENT, Cells, read_cells
from ldct.values.declared import Card, card_of, read_metrics

# Names where the table names none.
NETWORK = "network"
WINDOW = "hu"
DEFAULT_REFERENCE = "mse"
# Of a history, what a long table does not tell.
UNKNOWN: dict[str, Any] = {
    **dict.fromkeys(("train_loss", "validation_rmse_hu", "learning_rate"), float("nan")),
    "terms": [],
}


@dataclass(frozen=True)
class LongStudy:
    """The rows of a long table as METRICS rows, the cards of its metrics, and its design."""

    rows: pd.DataFrame
    cards: dict[str, Card]
    losses: list[str]
    models: list[str]
    seeds: list[int]
    folds: int
    reference: str
    primary_window: str
    epochs: int  # different epochs of a run

    def settings(self, *, draws: int, confidence: float, seed: int, margins: Mapping[str, float]) -> Settings:
        """Settings of the analysis of this study; raises ConfigError for a margin of an absent metric."""
        strange = sorted(set(margins) - set(self.cards))
        if strange:
            raise ConfigError(
                f"--margin: no metric {', '.join(strange)} in the table; there are {', '.join(self.cards)}"
            )
        return Settings(
            draws=draws,
            confidence=confidence,
            seed=seed,
            losses=self.losses,
            models=self.models,
            seeds=self.seeds,
            folds=self.folds,
            reference_loss=self.reference,
            primary_window=self.primary_window,
            margins=dict(margins),
            filters=[name for name in FILTERS if (self.rows["loss"] == name).any()],
        )

    def write(self, metrics: Path, catalogue: Path) -> None:
        """Write the workflow's two tables."""
        arrays = {field.name: _array(self.rows[field.name], field) for field in METRICS}
        write_table(metrics, pa.table(arrays), METRICS)
        cards = [dict(card.row) for card in self.cards.values()]
        write_table(catalogue, pa.Table.from_pylist(cards, schema=CATALOGUE), CATALOGUE)

    def write_histories(self, models: Path) -> dict[Run, Path]:
        """Write under `models` a history of each training whose course is in the table; these files."""
        if "validation_loss" not in self.rows:
            return {}
        trained = self.rows[self.rows["model"] != "anchor"].dropna(subset="validation_loss")
        histories = {}
        names: Any
        for names, rows in trained.groupby(["model", "loss", "fold", "seed"], observed=True):
            run = Run(*map(str, names[:2]), *map(int, names[2:]))  # type: ignore[call-overload]
            course = rows.drop_duplicates("checkpoint").sort_values("checkpoint")
            told = course[["checkpoint", "validation_loss"]].itertuples(index=False)
            table = table_of([{**UNKNOWN, "epoch": e, "step": e, "validation_loss": v} for e, v in told], HISTORY)
            histories[run] = models / run.path / "history.parquet"
            write_table(histories[run], table, HISTORY)
        return histories


def read_study(
    path: Path, metrics: Path | None = None, reference: str | None = None, window: str | None = None
) -> LongStudy:
    """Read a long table; `metrics` describes those that ldct does not declare.

    reference: the loss to compare with (default: 'mse' where there is one, else the first). window: the primary window
    (default: 'soft_tissue' where there is one, else the first). Raises TableError with every problem by line.
    """
    said = read_metrics(metrics)
    cells = read_cells(path)
    frame = cells.frame
    if frame.empty:
        cells.problems.of_table("found no rows; expected a value in each row below the names of the columns")
    cells.problems.check() if frame.empty else None
    windows = [name for name in frame["window"].cat.categories if name] if cells.has("window") else []
    mapping = "window" if set(windows) - {WINDOW} else "hu"
    names = [str(name) for name in frame["metric"].cat.categories]
    cards = {name: card_of(name, said, mapping) for name in names if name}
    check_rows(cells, cards, reference)
    if window is not None and window not in windows:
        cells.problems.of_table(
            f"--window: no window '{window}' in the table; there are {', '.join(windows) or 'none'}"
        )
    cells.problems.check()
    rows = _rows(cells)
    trained = rows[rows["model"] != "anchor"]
    losses = _in_order(trained["loss"])
    others = [name for name in windows if name != WINDOW]
    usual = "soft_tissue" if "soft_tissue" in others else others[0] if others else WINDOW
    return LongStudy(
        rows=rows,
        cards={name: card for name, card in cards.items() if card is not None},
        losses=losses,
        models=_in_order(trained["model"]),
        seeds=sorted(int(seed) for seed in trained["seed"].unique()),
        folds=int(trained["fold"].max()) + 1,
        reference=reference or (DEFAULT_REFERENCE if DEFAULT_REFERENCE in losses else losses[0]),
        primary_window=window or usual,
        epochs=int(trained["checkpoint"].nunique()),
    )


def _rows(cells: Cells) -> pd.DataFrame:
    """METRICS rows, in the order of the file: columns that are absent stand for one network, fold, seed and epoch."""
    frame = cells.frame
    anchor = anchors_of(frame)
    size = len(frame)
    rows: dict[str, Any] = {name: frame[name] for name in ("patient", "loss", "metric")}
    rows["slice"] = _integer(cells, "slice", WHOLE_PATIENT)
    rows["dose"] = np.where(
        (frame["loss"] == "full_dose").to_numpy(), IMAGES["full_dose"].dose, IMAGES["low_dose"].dose
    )
    model = frame["model"].astype(object).replace("", NETWORK) if cells.has("model") else NETWORK
    rows["model"] = pd.Categorical(np.where(anchor, "anchor", model))
    window = frame["window"].astype(object).replace("", WINDOW) if cells.has("window") else WINDOW
    rows["window"] = pd.Categorical(np.broadcast_to(np.asarray(window, object), size))
    fold = _integer(cells, "fold", 0)
    # Folds are numbered from 0, and an image without training belongs to its patient's fold.
    known = np.unique(fold[~anchor])
    fold = np.searchsorted(known, fold)
    by_patient = pd.Series(fold[~anchor]).groupby(frame["patient"].to_numpy()[~anchor]).first()
    of_patient = by_patient.reindex(frame["patient"].to_numpy()).fillna(0).to_numpy(int)
    rows["fold"] = np.where(anchor, of_patient, fold)
    rows["seed"] = np.where(anchor, 0, _integer(cells, "seed", 0))
    rows["checkpoint"] = np.where(anchor, 0, _integer(cells, "epoch", 1))
    value = frame["value"].to_numpy(float)
    usable = np.isfinite(value)
    rows["value"] = np.where(usable, value, np.nan)
    rows["reason"] = pd.Series("no finite value in the table", frame.index).mask(usable, None)
    table = pd.DataFrame(rows)
    if cells.has("validation_loss"):
        table["validation_loss"] = frame["validation_loss"]
    if cells.has("selected"):
        table["selected"] = frame["selected"] | anchor
    else:
        last = table.groupby(["model", "loss", "fold", "seed"], observed=True)["checkpoint"].transform("max")
        table["selected"] = (table["checkpoint"] == last) | anchor
    again = [name for name in METRICS.names if name not in ("value", "reason", "dose", "selected")]
    return table[~(table.duplicated(again).to_numpy() & anchor)]


def _integer(cells: Cells, name: str, default: int) -> np.ndarray:
    if not cells.has(name):
        return np.full(len(cells.frame), default)
    column = cells.frame[name].to_numpy()
    return np.where(column == ABSENT, default, column)


def _in_order(column: pd.Series) -> list[str]:
    """Different words in the order in which they appear."""
    return [str(word) for word in pd.unique(column.astype(object))]


def _array(column: pd.Series, field: pa.Field) -> pa.Array:
    if pa.types.is_string(field.type):
        return pa.array(column.astype(object).where(column.notna(), None), pa.string())
    return pa.array(column.to_numpy(), field.type, from_pandas=True)
