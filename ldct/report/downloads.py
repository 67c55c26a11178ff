"""Tables that a reader takes away from a page: Parquet as it is, CSV and LaTeX compressed, each once."""

from __future__ import annotations

import base64
import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

# Characters of tables that a page carries; what does not fit is named by its place.
LARGEST = 12_000_000


@dataclass(frozen=True)
class Download:
    """A table: its rows, its CSV, its Parquet, its place, and LaTeX where a paper would print it."""

    name: str
    rows: int
    csv: str
    parquet: bytes
    place: str
    tex: str | None = None

    def code(self) -> dict[str, str]:
        """Base64 of each kind; CSV and LaTeX gzipped, which browsers undo themselves."""
        kinds = {"parquet": self.parquet, "csv": gzip.compress(self.csv.encode(), mtime=0)}
        if self.tex is not None:
            kinds["tex"] = gzip.compress(self.tex.encode(), mtime=0)
        return {kind: base64.b64encode(data).decode() for kind, data in kinds.items()}


@dataclass(frozen=True)
class Downloads:
    """Tables by name, as the template's `take` wants them."""

    downloads: Mapping[str, Download]

    def carried(self) -> dict[str, dict[str, str]]:
        return carried(self.downloads)


def carried(downloads: Mapping[str, Download], largest: int = LARGEST) -> dict[str, dict[str, str]]:
    """Codes of the tables that fit together into a page, smaller ones first."""
    codes = {name: download.code() for name, download in downloads.items()}
    found, total = {}, 0
    for name in sorted(codes, key=lambda one: sum(map(len, codes[one].values()))):
        total += sum(map(len, codes[name].values()))
        if total > largest:
            break
        found[name] = codes[name]
    return {name: found[name] for name in codes if name in found}


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Rows as CSV, numbers with nine significant digits, nothing for null."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = [row[name] for name in columns]
        writer.writerow([f"{cell:.9g}" if isinstance(cell, float) else cell for cell in cells])
    return stream.getvalue()


def pack(name: str, path: Path, table: pa.Table, tex: str | None = None) -> Download:
    """The table at `path`, with its rows already read."""
    text = as_csv(table.to_pylist(), table.column_names)
    return Download(name, table.num_rows, text, path.read_bytes(), path.as_posix(), tex)
