"""The order in which training sees patches: a function of seed and step alone, hence equal for every loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np


@dataclass(frozen=True)
class Window:
    """A few row groups that are shuffled together: `order` indexes their concatenated rows."""

    groups: tuple[int, ...]
    order: np.ndarray


class ShuffledOrder:
    """Passes over all rows; each pass shuffles the row groups, then the rows within windows of `groups_at_once`.

    rows: rows of each row group. Whether the data are held in memory or streamed does not change the order, and
    any step can be reached directly.
    """

    def __init__(self, rows: Sequence[int], seed: int, groups_at_once: int):
        self.rows = np.asarray(rows, np.int64)
        self.total = int(self.rows.sum())
        self.seed, self.groups_at_once = seed, groups_at_once
        self._plan = lru_cache(maxsize=2)(self._shuffled_groups)
        self.window = lru_cache(maxsize=2)(self._window)

    def batch(self, step: int, size: int) -> Iterator[tuple[int, int, np.ndarray]]:
        """(pass, window number, indices into the window's concatenated rows) for the rows of one step."""
        start, stop = step * size, (step + 1) * size
        while start < stop:
            number, offset = divmod(start, self.total)
            ends = self._plan(number)[1]
            window = int(np.searchsorted(ends, offset, side="right"))
            first = int(ends[window - 1]) if window else 0
            taken = min(stop - start, int(ends[window]) - offset)
            yield number, window, self.window(number, window).order[offset - first : offset - first + taken]
            start += taken

    def _shuffled_groups(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        groups = np.random.default_rng([self.seed, 0, number]).permutation(len(self.rows))
        starts = np.arange(0, len(groups), self.groups_at_once)
        return groups, np.cumsum(np.add.reduceat(self.rows[groups], starts))

    def _window(self, number: int, window: int) -> Window:
        first = window * self.groups_at_once
        groups = self._plan(number)[0][first : first + self.groups_at_once]
        generator = np.random.default_rng([self.seed, 1, number, window])
        return Window(tuple(map(int, groups)), generator.permutation(int(self.rows[groups].sum())))
