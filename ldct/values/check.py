"""Whether the rows of a long table fit together: one study, in which losses can be compared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ldct.anchors import IMAGES
from ldct.declaration import nearest
from ldct.filters.declared import FILTERS
from ldct.values.columns import ABSENT, Cells
from ldct.values.declared import Card, undeclared

# A value may pass a limit by rounding.
ROUNDING = 1e-6


def check_rows(cells: Cells, cards: Mapping[str, Card | None], reference: str | None) -> None:
    """Add to the problems of `cells` whatever keeps its rows from being one study."""
    frame, problems = cells.frame, cells.problems
    line = frame["line"].to_numpy()
    anchor = anchors_of(frame)
    _metrics(cells, cards)
    for column in ("seed", "fold", "epoch"):
        if cells.has(column):
            empty = line[(frame[column] == ABSENT).to_numpy() & ~anchor]
            problems.of_rows(empty, column, lambda _: "found nothing; expected a number, or no such column at all")
    _losses(cells, anchor, reference)
    if cells.has("fold"):
        _folds(cells, anchor)
    _duplicates(cells, anchor)
    if cells.has("selected"):
        _selected(cells, anchor)
    if cells.has("validation_loss"):
        _courses(cells, anchor)


def _metrics(cells: Cells, cards: Mapping[str, Card | None]) -> None:
    frame, problems = cells.frame, cells.problems
    first = frame.drop_duplicates("metric")
    for name, line in zip(first["metric"], first["line"], strict=True):
        card = cards.get(str(name))
        if card is None and name:
            known = [one for one, its in cards.items() if its]
            problems.of_rows([int(line)], "metric", lambda _, name=name, known=known: undeclared(str(name), known))
        if card is None:
            continue
        rows = frame[(frame["metric"] == name).to_numpy() & np.isfinite(frame["value"].to_numpy(float))]
        slack = ROUNDING * max(1.0, *(abs(end) for end in (card.low, card.high) if np.isfinite(end)), 1.0)
        out = rows[(rows["value"] < card.low - slack) | (rows["value"] > card.high + slack)]
        limits = f"{name} from {card.low:g} to {card.high:g}"
        values = out["value"].to_numpy()
        problems.of_rows(
            out["line"].to_numpy(),
            "value",
            lambda i, values=values, limits=limits: f"found {values[i]:g}; expected {limits}",
        )


def _losses(cells: Cells, anchor: np.ndarray, reference: str | None) -> None:
    frame, problems = cells.frame[~anchor], cells.problems
    frame = frame[frame["loss"] != ""]
    patients = frame.groupby("loss", observed=True, sort=False)["patient"].nunique()
    first = frame.drop_duplicates("loss").set_index("loss")["line"]
    lines = dict(zip(first.index, first, strict=True))
    for loss, count in patients.items():
        if count < 2:
            line = int(lines[loss])
            problems.of_rows(
                [line], "loss", lambda _, loss=loss: f"loss '{loss}' has one patient; expected two or more"
            )
    names = [str(loss) for loss in patients.index]
    if len(names) < 2:
        problems.of_table(f"column 'loss': found {', '.join(names) or 'no loss'}; expected two losses or more")
    if reference is not None and reference not in names:
        problems.of_table(f"--reference: no loss '{reference}'{nearest(reference, names)}")


def _folds(cells: Cells, anchor: np.ndarray) -> None:
    frame = cells.frame[~anchor]
    first = frame.drop_duplicates("patient").set_index("patient")
    fold = first["fold"].reindex(frame["patient"].to_numpy()).to_numpy()
    other = frame[frame["fold"].to_numpy() != fold].drop_duplicates(["patient", "fold"])
    lines = dict(zip(first.index, first["line"], strict=True))
    folds = dict(zip(first.index, first["fold"], strict=True))
    text = [
        f"patient '{patient}' is tested in fold {here}, and in fold {folds[patient]} on "
        f"{cells.problems.unit} {lines[patient]}; expected one fold a patient, or patients never trained on"
        for patient, here in zip(other["patient"], other["fold"], strict=True)
    ]
    cells.problems.of_rows(other["line"].to_numpy(), "fold", lambda i: text[i])


def _duplicates(cells: Cells, anchor: np.ndarray) -> None:
    frame, problems = cells.frame, cells.problems
    names = ("patient", "slice", "model", "loss", "seed", "epoch", "metric", "window")
    for part, columns in ((~anchor, names), (anchor, tuple(n for n in names if n not in ("model", "seed", "epoch")))):
        rows = frame[part]
        key = [name for name in columns if cells.has(name)]
        again = rows.duplicated(key).to_numpy()
        if not again.any():
            continue
        twice = rows[rows.duplicated(key, keep=False).to_numpy()]
        first = twice.groupby(key, observed=True, sort=False)[["line", "value"]].transform("first")
        later = twice[(first["line"] != twice["line"]).to_numpy()]
        first = first.loc[later.index]
        if part is anchor:
            # The low dose may be repeated beside each loss.
            differs = ~np.isclose(first["value"], later["value"], rtol=1e-9, atol=0, equal_nan=True)
            first, later = first[differs], later[differs]
        where = first["line"].to_numpy()
        problems.of_rows(
            later["line"].to_numpy(),
            "value",
            lambda i, where=where, key=key: (
                f"a second value of the same {', '.join(n for n in key)} as {problems.unit} {where[i]}; expected one"
            ),
        )


def _selected(cells: Cells, anchor: np.ndarray) -> None:
    """Every run has one selected epoch."""
    frame, problems = cells.frame[~anchor], cells.problems
    run = [name for name in ("model", "loss", "fold", "seed") if cells.has(name)]
    first = frame.groupby(run, observed=True, sort=False)["line"].transform("first")
    chosen = frame[frame["selected"]]
    without = frame[~first.isin(first[frame["selected"]])].drop_duplicates(run)
    lines = without["line"].to_numpy()
    problems.of_rows(lines, "selected", lambda _: f"no row of this {', '.join(run)} is selected; expected one epoch")
    if cells.has("epoch"):
        several = chosen.drop_duplicates([*run, "epoch"])
        several = several[several.duplicated(run).to_numpy()]
        problems.of_rows(
            several["line"].to_numpy(),
            "selected",
            lambda _: f"a second epoch of this {', '.join(run)} is selected; expected one",
        )


def _courses(cells: Cells, anchor: np.ndarray) -> None:
    """Every epoch of a run has one validation loss."""
    frame, problems = cells.frame[~anchor].dropna(subset="validation_loss"), cells.problems
    if not cells.has("epoch"):
        problems.of_table(
            "column 'validation_loss' without column 'epoch'; it must say after which epoch it was measured"
        )
        return
    key = [name for name in ("model", "loss", "fold", "seed", "epoch") if cells.has(name)]
    first = frame.groupby(key, observed=True, sort=False)[["line", "validation_loss"]].transform("first")
    other = (frame["validation_loss"] != first["validation_loss"]).to_numpy()
    where = first["line"].to_numpy()[other]
    problems.of_rows(
        frame["line"].to_numpy()[other],
        "validation_loss",
        lambda i: f"another one than {problems.unit} {where[i]} has of the same {', '.join(key)}; expected one",
    )


def anchors_of(frame: pd.DataFrame) -> np.ndarray:
    """(rows,) bool: values of the low dose, the full dose or a filter, which no loss trained."""
    return frame["loss"].isin([*IMAGES, *FILTERS]).to_numpy()
