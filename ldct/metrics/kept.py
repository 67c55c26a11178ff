"""What was judged before: values that are known again by the content of the images and of the metric."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pyarrow as pa

from ldct.errors import InputError
from ldct.tables import read_table, write_table
from ldct.tables.metrics import JUDGED

log = logging.getLogger("ldct")


class Kept:
    """JUDGED rows in the table `path`, and of the slices that a killed job had finished.

    The latter lie in a hidden folder beside `path`, a table a slice. A table that is damaged or of another layout
    counts as absent.
    """

    def __init__(self, path: Path):
        self.path = path
        self.folder = path.with_name(f".{path.stem}.parts")

    def of(self, patient: str, index: int) -> dict[tuple[str, str], tuple[float | None, str | None]]:
        """(images, made_by) -> (value, reason), of one slice."""
        found = {}
        for path in (self.path, self._part(patient, index)):
            if path.is_file():
                found |= _scores(path, patient, index)
        return found

    def add(self, patient: str, index: int, rows: pa.Table) -> None:
        """Keep what is known of one slice, should the job be killed."""
        write_table(self._part(patient, index), rows, JUDGED)

    def replace(self, rows: pa.Table) -> None:
        """Keep `rows` and nothing else."""
        write_table(self.path, rows, JUDGED)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _part(self, patient: str, index: int) -> Path:
        return self.folder / patient / f"{index}.parquet"


def _scores(path: Path, patient: str, index: int) -> dict[tuple[str, str], tuple[float | None, str | None]]:
    try:
        table = read_table(path, JUDGED, [("patient", "==", patient), ("slice", "==", index)])
    except InputError as error:
        log.info("judging anew what %s held: %s", path.name, error.found)
        return {}
    columns = (table[name].to_pylist() for name in ("images", "made_by", "value", "reason"))
    return {(images, made_by): (value, reason) for images, made_by, value, reason in zip(*columns, strict=True)}
