"""Which slices stand for a patient; inference, metrics and image panels choose alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def evenly_spaced(indices: Sequence[int] | np.ndarray, count: int | None) -> list[int]:
    """`count` of the sorted `indices`, at the centres of equal parts; all of them where count is None or not fewer."""
    ordered = sorted(int(i) for i in indices)
    if count is None or count >= len(ordered):
        return ordered
    return [ordered[(2 * part + 1) * len(ordered) // (2 * count)] for part in range(count)]
