"""Which of a patient's slices a job judges, and how far it has come."""

from __future__ import annotations

import logging
import time
import zlib

INTERVAL_S = 5.0

log = logging.getLogger("ldct")


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
