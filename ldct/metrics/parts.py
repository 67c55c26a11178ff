"""What a job has judged of its shard, patient by patient, so that a killed one goes on where it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from ldct.errors import InputError
from ldct.tables import read_table, write_table
from ldct.tables.metrics import METRICS


class Parts:
    """METRICS rows of finished patients in a hidden folder beside `output`, under a key of all that they depend on."""

    def __init__(self, output: Path, work: Mapping[str, Any], inputs: Iterable[Path]):
        """work: what is done, as JSON; inputs: files that are read, known by name, size and time."""
        self.folder = output.with_name(f".{output.stem}.parts")
        made = hashlib.sha256(json.dumps(work, sort_keys=True).encode())
        for path in inputs:
            stat = path.stat()
            made.update(f"{path.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
        self.key = made.hexdigest()[:24]

    def read(self, patient: str) -> list[dict[str, Any]] | None:
        """Rows of a patient, None where there are none or they are damaged."""
        path = self._path(patient)
        if not path.is_file():
            return None
        try:
            return read_table(path, METRICS).to_pylist()
        except InputError:
            return None

    def write(self, patient: str, rows: list[dict[str, Any]]) -> None:
        write_table(self._path(patient), pa.Table.from_pylist(rows, schema=METRICS), METRICS)

    def clear(self) -> None:
        """Remove all, those of other keys too; after the shard itself is written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, patient: str) -> Path:
        return self.folder / self.key / f"{patient}.parquet"
