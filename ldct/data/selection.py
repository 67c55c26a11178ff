"""Which slices stand for a patient; inference, metrics and image panels choose alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from ldct.tables import read_table
from ldct.tables.images import images_schema

KEYS = pa.schema([field for field in images_schema((1, 1)) if field.name == "slice"])


def evenly_spaced(indices: Sequence[int] | np.ndarray, count: int | None) -> list[int]:
    """`count` of the sorted `indices`, at the centres of equal parts; all of them where count is None or not fewer."""
    ordered = sorted(int(i) for i in indices)
    if count is None or count >= len(ordered):
        return ordered
    return [ordered[(2 * part + 1) * len(ordered) // (2 * count)] for part in range(count)]


def judged_slices(images: Path, count: int | None) -> list[int]:
    """`count` evenly spaced slices of an image table, None for all; raises InputError as `read_table` does."""
    return evenly_spaced(read_table(images, KEYS)["slice"].to_pylist(), count)
