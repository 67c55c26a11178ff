"""What each metric of a long table is: as a user's table of metrics says, else as ldct declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ldct.construct import Construct
from ldct.declaration import nearest
from ldct.metrics.declared import DIRECTIONS, FAMILIES, METRICS
from ldct.values.problems import Problems, TableError

COLUMNS = ("name", "label", "family", "construct", "direction", "low", "high", "unit")
# The workflow's catalogue of metrics serves too.
ALIASES = {"metric": "name"}
_FAMILY_OF = {
    Construct.FIDELITY: "fidelity",
    Construct.STRUCTURE: "structure",
    Construct.FEATURES: "perceptual",
    Construct.NOISE: "physics",
    Construct.RESOLUTION: "physics",
    Construct.TASK: "task",
    Construct.NO_REFERENCE: "no_reference",
}


@dataclass(frozen=True)
class Card:
    """A metric as a row of the catalogue."""

    row: Mapping[str, Any]

    @property
    def low(self) -> float:
        return -np.inf if self.row["low"] is None else self.row["low"]

    @property
    def high(self) -> float:
        return np.inf if self.row["high"] is None else self.row["high"]


def read_metrics(path: Path | None) -> dict[str, dict[str, str]]:
    """What a user says of metrics, by name; none without a file. Cells are text, '' where the default holds.

    CSV or Parquet with a column `name` and any of COLUMNS. Raises TableError with every mistake by line.
    """
    if path is None:
        return {}
    if not path.is_file():
        raise TableError(path, ["there is no such file; give a CSV file that describes metrics"])
    parquet = path.suffix.lower() in (".parquet", ".pq")
    try:
        table = pd.read_parquet(path) if parquet else pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    except (ValueError, OSError) as error:
        raise TableError(path, [f"it cannot be read: {error}"]) from None
    problems = Problems(path, "row" if parquet else "line")
    table.columns = [ALIASES.get(str(name).strip().lower(), str(name).strip().lower()) for name in table.columns]
    if "name" not in table:
        problems.of_table(f"line 1: no column 'name'{nearest('name', table.columns)}; expected {', '.join(COLUMNS)}")
    for column in [] if parquet else sorted(set(table.columns) - set(COLUMNS)):
        problems.of_table(f"line 1: unknown column '{column}'{nearest(column, COLUMNS)}")
    problems.check()
    said: dict[str, dict[str, str]] = {}
    for line, cells in enumerate(table.to_dict("records"), 1 if parquet else 2):
        row = {k: "" if pd.isna(v) else str(v).strip() for k, v in cells.items() if k in COLUMNS}
        _check(row, line, said, problems)
        said[row["name"]] = row
    problems.check()
    return said


def _check(row: dict[str, str], line: int, said: Mapping[str, Any], problems: Problems) -> None:
    if not row["name"]:
        problems.of_rows([line], "name", lambda _: "found nothing; expected the name of a metric")
    if row["name"] in said:
        problems.of_rows([line], "name", lambda _: f"'{row['name']}' comes a second time; expected it once")
    choices = {"direction": DIRECTIONS, "construct": [str(one) for one in Construct], "family": FAMILIES}
    for column, known in choices.items():
        cell = row.get(column, "")
        if cell and cell not in known:
            text = f"found '{cell}'; expected one of {', '.join(known)}"
            problems.of_rows([line], column, lambda _, text=text: text)
    ends = []
    for column in ("low", "high"):
        cell = row.get(column, "")
        try:
            ends.append(float(cell) if cell else None)
        except ValueError:
            problems.of_rows([line], column, lambda _, cell=cell: f"found '{cell}'; expected a number or nothing")
    if len(ends) == 2 and None not in ends and ends[0] >= ends[1]:
        problems.of_rows([line], "low", lambda _: f"found {ends[0]:g} not below high, {ends[1]:g}")


def card_of(name: str, said: Mapping[str, Mapping[str, str]], mapping: str) -> Card | None:
    """The card of a metric; None where neither the user nor ldct says which values are better.

    mapping: 'hu' or 'window', for a metric that ldct does not declare.
    """
    stated = {column: cell for column, cell in said.get(name, {}).items() if cell}
    known = METRICS.get(name)
    if known is None and "direction" not in stated:
        return None
    facts = known.facts if known else {}
    construct = stated.get("construct") or (str(facts["construct"]) if facts.get("construct") else "")
    family = stated.get("family") or facts.get("family")
    row = {
        "metric": name,
        "label": stated.get("label") or facts.get("label") or name,
        "family": family or (_FAMILY_OF[Construct(construct)] if construct else "fidelity"),
        "construct": construct or None,
        "direction": stated.get("direction") or facts["direction"],
        "low": float(stated["low"]) if "low" in stated else facts.get("low"),
        "high": float(stated["high"]) if "high" in stated else facts.get("high"),
        "unit": stated.get("unit") or facts.get("unit", ""),
        "mapping": facts.get("mapping", mapping),
        "reference": facts.get("reference", True),
        "source": facts.get("source") or "as its users define it",
        "licence": "none",
        "available": True,
        "note": "measured elsewhere",
    }
    return Card(row)


def undeclared(name: str, said: Sequence[str]) -> str:
    """What to do about a metric of which nobody says which values are better."""
    close = nearest(name, {*METRICS, *said})
    close = close if "nearest" in close else ""
    return (
        f"found metric '{name}', which ldct does not declare{close}; expected its direction "
        f"({', '.join(DIRECTIONS)}) in a table given by --metrics"
    )
