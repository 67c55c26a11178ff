"""Which slices of a patient a job judges, and how far it has come."""

from __future__ import annotations

import logging
import time
import zlib
from pathlib import Path

import pyarrow as pa

from ldct.data.selection import evenly_spaced
from ldct.tables import read_table
from ldct.tables.images import images_schema

INTERVAL_S = 5.0
KEYS = pa.schema([field for field in images_schema((1, 1)) if field.name == "slice"])

log = logging.getLogger("ldct")


def judged_slices(table: Path, count: int | None) -> list[int]:
    """`count` evenly spaced slices of an image table (None: all), those that are denoised too."""
    return evenly_spaced(read_table(table, KEYS)["slice"].to_pylist(), count)


def share(slices: list[int], patient: str, shard: int, shards: int) -> list[int]:
    """The slices of a patient that fall to one of `shards` jobs; patients begin at different ones."""
    return slices[(shard - zlib.crc32(patient.encode())) % shards :: shards]


class Progress:
    """A log line every few seconds."""

    def __init__(self, what: str, total: int):
        self.what, self.total, self.done, self.told = what, total, 0, time.monotonic()

    def step(self) -> None:
        self.done += 1
        if time.monotonic() - self.told > INTERVAL_S or self.done == self.total:
            log.info("%s: %d of %d slices judged", self.what, self.done, self.total)
            self.told = time.monotonic()
