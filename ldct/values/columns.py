"""The columns of a long table of values, and its cells as they are typed."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ldct.declaration import nearest
from ldct.tables.metrics import WHOLE_PATIENT
from ldct.values.problems import Problems, TableError

REQUIRED = ("patient", "loss", "metric", "value")
OPTIONAL = ("slice", "seed", "fold", "model", "epoch", "window", "selected", "validation_loss")
# The workflow's own table of metrics is a long table too.
ALIASES = {"checkpoint": "epoch"}
IGNORED = ("dose", "reason")
WORDS = ("patient", "loss", "metric", "model", "window")
INTEGERS = ("slice", "seed", "fold", "epoch")
TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
NO_VALUE = ("", "na", "nan", "n/a", "null", "none")
LARGEST = 2**31 - 1
# Where an integer may be absent.
ABSENT = -(2**31)


@dataclass(frozen=True)
class Cells:
    """A table read from a file: words as categories, integers (ABSENT where empty), values (NaN where none).

    `frame` has the columns that the file has, and `line`, each row's place in the file.
    """

    path: Path
    frame: pd.DataFrame
    problems: Problems

    def has(self, column: str) -> bool:
        return column in self.frame


def read_cells(path: Path) -> Cells:
    """Read a CSV (comma, semicolon or tab) or Parquet file; bad cells are collected in `problems`.

    Raises TableError where there is no such file, it cannot be read, or required columns are missing.
    """
    if not path.is_file():
        raise TableError(path, ["there is no such file; give a CSV or Parquet file"])
    problems = Problems(path, "row" if _is_parquet(path) else "line")
    try:
        table, lines = _parquet(path) if _is_parquet(path) else _csv(path, problems)
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(path, [f"it cannot be read as {'Parquet' if _is_parquet(path) else 'CSV'}: {error}"]) from None
    columns = _columns(table.column_names, problems)
    frame: dict[str, Any] = {"line": lines}
    for name, place in columns.items():
        data = table.column(place).to_pandas()
        if name in WORDS:
            frame[name] = _words(data)
        elif name in INTEGERS:
            frame[name] = _integers(data, name, lines, problems)
        elif name == "selected":
            frame[name] = _booleans(data, lines, problems)
        else:
            frame[name] = _values(data, name, lines, problems)
    for name in ("patient", "loss", "metric"):
        empty = lines[np.asarray(frame[name] == "")]
        problems.of_rows(empty, name, lambda _: "found nothing; expected a name")
    return Cells(path, pd.DataFrame(frame), problems)


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")


def _parquet(path: Path) -> tuple[pa.Table, np.ndarray]:
    table = pq.read_table(path)
    return table, np.arange(1, table.num_rows + 1)


def _csv(path: Path, problems: Problems) -> tuple[pa.Table, np.ndarray]:
    """The table as text, without blank lines, and the line of each row. Rows of another width are problems."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        head = file.readline().rstrip("\r\n")
    delimiter = max(",;\t", key=head.count)
    names = [name.strip().strip('"') for name in head.split(delimiter)]
    odd: list[Any] = []

    def skip(row: Any) -> str:
        odd.append(row)
        return "skip"

    table = pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(use_threads=False, column_names=[f"c{i}" for i in range(len(names))]),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False, invalid_row_handler=skip),
        convert_options=pa_csv.ConvertOptions(
            column_types={f"c{i}": pa.string() for i in range(len(names))}, strings_can_be_null=False
        ),
    )
    skipped = {row.number for row in odd}
    every = np.arange(1, table.num_rows + len(odd) + 1)
    lines = every[~np.isin(every, list(skipped))]
    problems.of_rows(
        [row.number for row in odd],
        names[0],
        lambda i: f"found {odd[i].actual_columns} cells; expected {odd[i].expected_columns}, as in the first line",
    )
    blank = np.all([np.asarray(column.to_pandas() == "") for column in table.columns], axis=0)
    rows = ~blank & (lines > 1)
    return table.rename_columns(names).filter(pa.array(rows)), lines[rows]


def _columns(names: list[str], problems: Problems) -> dict[str, int]:
    """Place in the file of each column that is known; raises TableError where required ones are missing."""
    places: dict[str, int] = {}
    unknown = []
    for place, written in enumerate(names):
        name = ALIASES.get(written.strip().lower(), written.strip().lower())
        if name in places:
            problems.of_table(f"column '{written}' comes twice; expected it once")
        elif name in (*REQUIRED, *OPTIONAL):
            places[name] = place
        elif name not in IGNORED:
            unknown.append(written)
    missing = [name for name in REQUIRED if name not in places]
    for name in missing:
        close = nearest(name, unknown) if unknown else ""
        problems.of_table(f"line 1: no column '{name}'{close}; it must have {', '.join(REQUIRED)}")
    for written in unknown:
        # A misspelt column that nobody reads would change the analysis in silence.
        close = difflib.get_close_matches(written.strip().lower(), (*OPTIONAL, *ALIASES), 1, cutoff=0.75)
        if close and not missing:
            problems.of_table(
                f"line 1: unknown column '{written}'; the nearest is '{close[0]}'; rename it, or leave it out"
            )
    if missing:
        problems.check()
    return places


def _words(data: pd.Series) -> Any:
    """Stripped text, '' where there is none, categories in the order in which they appear."""
    codes, unique = pd.factorize(data, use_na_sentinel=False)
    text = ["" if pd.isna(word) else str(word).strip() for word in unique]
    names = list(dict.fromkeys(text))
    place = {name: i for i, name in enumerate(names)}
    return pd.Categorical.from_codes(np.array([place[word] for word in text], int)[codes], pd.Index(names))


def _integers(data: pd.Series, name: str, lines: np.ndarray, problems: Problems) -> np.ndarray:
    codes, unique = pd.factorize(data, use_na_sentinel=False)
    text = ["" if pd.isna(word) else str(word).strip() for word in unique]
    number = pd.to_numeric(pd.Series(text, dtype=object), errors="coerce").to_numpy(float)
    empty = np.array([word.lower() in NO_VALUE for word in text], bool)
    least = WHOLE_PATIENT if name == "slice" else 0
    good = np.isfinite(number) & (number == np.floor(number)) & (number >= least) & (number <= LARGEST)
    bad = np.flatnonzero(~(good | empty)[codes])
    expected = f"a whole number of at least {least}" + (" (-1 for the whole patient)" if name == "slice" else "")
    problems.of_rows(lines[bad], name, lambda i: f"found '{text[codes[bad[i]]]}'; expected {expected}")
    return np.where(good, np.nan_to_num(number), ABSENT).astype(np.int64)[codes]


def _booleans(data: pd.Series, lines: np.ndarray, problems: Problems) -> np.ndarray:
    codes, unique = pd.factorize(data, use_na_sentinel=False)
    text = ["" if pd.isna(word) else str(word).strip().lower() for word in unique]
    bad = np.flatnonzero(np.array([word not in TRUTH for word in text], bool)[codes])
    problems.of_rows(lines[bad], "selected", lambda i: f"found '{text[codes[bad[i]]]}'; expected true or false")
    return np.array([TRUTH.get(word, False) for word in text], bool)[codes]


def _values(data: pd.Series, name: str, lines: np.ndarray, problems: Problems) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(data):
        return data.to_numpy(float, na_value=np.nan)
    text = data.fillna("").astype(str).str.strip()
    value = pd.to_numeric(text, errors="coerce").to_numpy(float, copy=True)
    # Exactly as Python reads numbers, so that a table and its copy as text are analysed alike.
    good = np.isfinite(value)
    value[good] = text[good].to_numpy(object).astype(float)
    strange = np.flatnonzero(np.isnan(value))
    bad = strange[~text.iloc[strange].str.lower().isin(NO_VALUE).to_numpy()]
    problems.of_rows(
        lines[bad],
        name,
        lambda i: f"found '{text.iloc[bad[i]]}'; expected a number with a decimal point, or nothing for no value",
    )
    return value
