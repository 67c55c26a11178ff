"""The predictions of several runs, slice by slice, a bounded number of slices in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ldct.errors import InputError
from ldct.tables import damaged_set_aside, read_table
from ldct.tables.images import unpack
from ldct.tables.predictions import predictions_schema
from ldct.tables.schema import image_shape

if TYPE_CHECKING:
    from ldct.stages.keys import Run

# Predictions of so many bytes are held at once.
CHUNK_BYTES = 256 << 20

SCHEMA = predictions_schema((1, 1))
KEYS = pa.schema([field for field in SCHEMA if field.name != "hu"])


@dataclass(frozen=True)
class Predicted:
    """One denoised slice: int16 HU (rows, columns), and the run and checkpoint it is of."""

    run: Run
    checkpoint: int
    selected: bool
    hu: np.ndarray


class Predictions:
    """Prediction tables of the runs of one fold.

    runs: the table of each; that of a failed training is empty. selected_only: leave out other epochs than the selected
    one. Raises InputError for a damaged table, which is moved aside first.
    """

    def __init__(self, runs: Mapping[Run, Path], *, selected_only: bool = False):
        self.runs = dict(runs)
        self._filters: list[tuple[str, str, Any]] = [("selected", "==", True)] if selected_only else []
        self._places: list[set[tuple[str, int]]] = []
        self._bytes = 0
        for path in self.runs.values():
            with damaged_set_aside(path):
                keys = read_table(path, KEYS, self._filters or None)
                rows, columns = _shape(path)
            places = set(zip(keys["patient"].to_pylist(), keys["slice"].to_pylist(), strict=True))
            self._places.append(places)
            self._bytes += 2 * rows * columns * len(keys) // max(1, len(places))

    def of(self, patient: str, slices: Sequence[int]) -> Iterator[tuple[int, list[Predicted]]]:
        """(slice, its predictions in the order of the runs); raises InputError where a run lacks one of `slices`."""
        count = max(1, CHUNK_BYTES // max(1, self._bytes))
        for start in range(0, len(slices), count):
            chunk = slices[start : start + count]
            groups: dict[int, list[Predicted]] = {index: [] for index in chunk}
            for (run, path), places in zip(self.runs.items(), self._places, strict=True):
                if places:
                    _complete(path, patient, chunk, places)
                    _add(groups, run, path, [("patient", "==", patient), ("slice", "in", chunk), *self._filters])
            yield from groups.items()


def _add(groups: dict[int, list[Predicted]], run: Run, path: Path, filters: list[tuple[str, str, Any]]) -> None:
    with damaged_set_aside(path):
        table = read_table(path, SCHEMA, filters)
    hu = unpack(table["hu"], image_shape(table.schema.field("hu")))
    keys = (table[name].to_pylist() for name in ("slice", "checkpoint", "selected"))
    for index, checkpoint, selected, image in zip(*keys, hu, strict=True):
        groups[index].append(Predicted(run, checkpoint, selected, image))


def _complete(path: Path, patient: str, slices: Sequence[int], places: set[tuple[str, int]]) -> None:
    absent = [index for index in slices if (patient, index) not in places]
    if absent:
        raise InputError(
            path,
            f"no prediction of slice {absent[0]} of {patient}",
            "one of every slice that is judged",
            "Delete the file and run the same command again; the workflow makes it anew.",
        )


def _shape(path: Path) -> tuple[int, int]:
    nothing = read_table(path, SCHEMA, [("slice", "<", -1)])
    return image_shape(nothing.schema.field("hu"))
