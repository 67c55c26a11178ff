"""Batches of standardised patches from patch tables, in memory that does not grow with the cohort."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ldct.data.selection import evenly_spaced
from ldct.data.stream_order import ShuffledOrder
from ldct.errors import InputError
from ldct.intensity import Intensity
from ldct.tables.images import unpack
from ldct.tables.schema import image_shape

# Held in memory below this, streamed above.
RESIDENT_BYTES = 1 << 30
# Row groups shuffled together take about this much.
WINDOW_BYTES = 1 << 28

REDO = "Delete the file and run the same command again; the workflow makes it anew."

Pair = tuple[np.ndarray, np.ndarray]


def tables_of(pools: Iterable[Path]) -> dict[str, Path]:
    """Patient -> the pool (`ldct.data.patches.extract_pool`) that holds its patches."""
    found = {}
    for path in pools:
        try:
            names = json.loads(pq.read_schema(path).metadata[b"patients"])
        except (OSError, KeyError, TypeError, pa.ArrowInvalid) as error:
            raise InputError(path, f"no readable patches ({error})", "a patch table", REDO) from None
        found |= dict.fromkeys(names, path)
    return found


class PatchTables:
    """The patches of some patients, read by row group."""

    def __init__(self, paths: Mapping[str, Path], patients: Sequence[str]):
        """Opens the tables of `patients` in that order; InputError where one is missing, corrupt or of another size."""
        self.groups: list[tuple[Path, int]] = []
        self.rows: list[int] = []
        self.size = 0
        opened: dict[Path, pq.ParquetFile] = {}
        for patient in patients:
            path = Path(paths[patient])
            file = opened[path] = opened.get(path) or _table(path)
            size = image_shape(file.schema_arrow.field("low"))[0]
            if self.size not in (0, size):
                raise InputError(
                    path, f"patches of {size}", f"{self.size} as of the other patients", "Extract all anew."
                )
            self.size = size
            for group in range(file.metadata.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if rows and _patient(file, group) == patient:
                    self.groups.append((path, group))
                    self.rows.append(rows)

    def __len__(self) -> int:
        return sum(self.rows)

    @staticmethod
    def with_patches(paths: Mapping[str, Path]) -> set[str]:
        """The patients that have any patches in tables {patient: path}; raises InputError as opening them does."""
        files = [_table(path) for path in {Path(path) for path in paths.values()}]
        groups = ((file, number) for file in files for number in range(file.metadata.num_row_groups))
        return {_patient(file, number) for file, number in groups if file.metadata.row_group(number).num_rows}

    @property
    def row_bytes(self) -> int:
        """Bytes of one pair."""
        return 2 * self.size**2 * 2

    def read(self, groups: Sequence[int]) -> Pair:
        """(low, full), int16 HU (rows, size, size), of these row groups one after another."""
        rows = sum(self.rows[group] for group in groups)
        low, full = (np.empty((rows, self.size, self.size), np.int16) for _ in range(2))
        start = 0
        for group in groups:
            path, number = self.groups[group]
            file = pq.ParquetFile(path, page_checksum_verification=True)
            table = file.read_row_group(number, columns=["low", "full"], use_threads=False)
            stop = start + len(table)
            low[start:stop] = unpack(table["low"], (self.size, self.size))
            full[start:stop] = unpack(table["full"], (self.size, self.size))
            start = stop
        return low, full

    def evenly_spaced(self, count: int) -> Pair:
        """(low, full) of at most `count` rows spread evenly over all tables."""
        wanted = np.array(evenly_spaced(range(len(self)), count), np.int64)
        starts = np.concatenate([[0], np.cumsum(self.rows)]).astype(np.int64)
        parts = []
        for group in range(len(self.groups)):
            inside = wanted[(wanted >= starts[group]) & (wanted < starts[group + 1])] - starts[group]
            if len(inside):
                low, full = self.read([group])
                parts.append((low[inside], full[inside]))
        empty = np.zeros((0, self.size, self.size), np.int16)
        return (
            (np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])) if parts else (empty, empty)
        )


def _table(path: Path) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        image_shape(file.schema_arrow.field("low"))
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        raise InputError(path, f"no readable patches ({error})", "a patch table", REDO) from None
    return file


def _patient(file: pq.ParquetFile, group: int) -> str:
    """Whose patches a row group holds, from its statistics."""
    column = file.schema_arrow.get_field_index("patient")
    return file.metadata.row_group(group).column(column).statistics.min


class PatchStream:
    """Shuffled, randomly flipped and rotated batches; `batch(step)` depends on seed and step only."""

    def __init__(
        self,
        tables: PatchTables,
        seed: int,
        batch: int,
        intensity: Intensity | None = None,
        resident_bytes: int = RESIDENT_BYTES,
    ):
        if not len(tables):
            raise InputError("patches", "no patch of any training patient", "at least one", "See rejections.parquet.")
        self.tables, self.seed, self.size = tables, seed, batch
        self.intensity = intensity or Intensity()
        at_once = max(1, WINDOW_BYTES // (max(tables.rows) * tables.row_bytes))
        self.order = ShuffledOrder(tables.rows, seed, at_once)
        self.resident = len(tables) * tables.row_bytes <= resident_bytes
        if self.resident:
            self._everything = tables.read(range(len(tables.groups)))
            self._starts = np.concatenate([[0], np.cumsum(tables.rows)])
        self._load = lru_cache(maxsize=1)(tables.read)

    def batch(self, step: int) -> Pair:
        """(low, full), float32 (batch, 1, size, size), standardised."""
        parts = [self._rows(*part) for part in self.order.batch(step, self.size)]
        turns = np.random.default_rng([self.seed, 2, step]).integers(8, size=self.size)
        low, full = (self._turned((pair[dose][row] for pair, rows in parts for row in rows), turns) for dose in (0, 1))
        return low, full

    def _rows(self, number: int, window: int, inside: np.ndarray) -> tuple[Pair, np.ndarray]:
        """The arrays that hold rows `inside` of a window, and where in them."""
        groups = self.order.window(number, window).groups
        if not self.resident:
            return self._load(groups), inside
        rows = [self.tables.rows[group] for group in groups]
        ends = np.cumsum(rows)
        which = np.searchsorted(ends, inside, side="right")
        return self._everything, (self._starts[np.asarray(groups)] - (ends - rows))[which] + inside

    def _turned(self, images: Iterable[np.ndarray], turns: np.ndarray) -> np.ndarray:
        hu = np.empty((self.size, 1, self.tables.size, self.tables.size), np.int16)
        for image, turn, target in zip(images, turns, hu[:, 0], strict=True):
            image = image.T if turn & 4 else image
            target[...] = image[:: -1 if turn & 1 else 1, :: -1 if turn & 2 else 1]
        # The same arithmetic as Intensity.standardise in float32, without its temporary arrays.
        x = hu.astype(np.float32)
        x -= np.float32(self.intensity.mean)
        x /= np.float32(self.intensity.sd)
        return x
