"""The prediction table, written slice by slice so that memory does not grow with the cohort."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa

from ldct.tables.images import INVALID_HU, pack
from ldct.tables.io import open_table
from ldct.tables.predictions import predictions_schema

BUFFER_BYTES = 8 << 20


class PredictionShard:
    """Context manager; the table appears at `path` when it is left without an error.

    shape: (rows, columns) of the table. Smaller slices are extended with -32768 at the bottom and on the right.
    """

    def __init__(self, path: Path, shape: tuple[int, int]):
        self.path, self.shape, self.schema = path, shape, predictions_schema(shape)
        self._rows: list[tuple[str, int, int, bool]] = []
        self._images: list[np.ndarray] = []

    def __enter__(self) -> PredictionShard:
        with ExitStack() as stack:
            self._writer = stack.enter_context(open_table(self.path, self.schema, dictionary=False))
            self._open = stack.pop_all()
        return self

    def add(self, patient: str, index: int, checkpoint: int, selected: bool, hu: np.ndarray) -> None:
        """One denoised slice, int16 HU."""
        padded = np.full(self.shape, INVALID_HU)
        padded[: hu.shape[0], : hu.shape[1]] = hu
        self._rows.append((patient, index, checkpoint, selected))
        self._images.append(padded)
        if len(self._images) * padded.nbytes >= BUFFER_BYTES:
            self._flush()

    def _flush(self) -> None:
        columns: list[Sequence] = [*zip(*self._rows, strict=True)] if self._rows else [[]] * 4
        images = np.stack(self._images) if self._images else np.zeros((0, *self.shape), np.int16)
        arrays = [pa.array(values, field.type) for values, field in zip(columns, self.schema, strict=False)]
        self._writer.write_table(pa.Table.from_arrays([*arrays, pack(images)], schema=self.schema))
        self._rows, self._images = [], []

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            self._open.__exit__(kind, error, trace)
            return
        # An error of the last flush leaves no table either.
        with self._open:
            if self._images:
                self._flush()
