"""All that is wrong with a table, by line and column, in one message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ldct.errors import LdctError

# Lines of one kind that are named; of the others, their number.
SHOWN = 5


class TableError(LdctError):
    """A table of a user that cannot be used; `problems` are the lines of the message."""

    def __init__(self, path: Path, problems: Sequence[str]):
        self.path, self.problems = path, tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(
            f"{path} cannot be used as it is:\n{lines}\nCorrect the table and run the same command again; "
            "docs/analyse.md describes it."
        )


class Problems:
    """Collects what is wrong with the table at `path`; rows are named by `unit` ('line' or 'row')."""

    def __init__(self, path: Path, unit: str = "line"):
        self.path, self.unit, self.said = path, unit, list[str]()

    def of_table(self, text: str) -> None:
        """A problem of the table as a whole."""
        self.said.append(text)

    def of_rows(self, lines: Sequence[int] | np.ndarray, column: str, text: Callable[[int], str]) -> None:
        """One problem in rows at `lines`; `text(i)` says what was found in the i-th and what was expected."""
        for i, line in enumerate(lines[:SHOWN]):
            self.said.append(f"{self.unit} {line}, column '{column}': {text(i)}")
        if len(lines) > SHOWN:
            self.said.append(f"... and {len(lines) - SHOWN} more {self.unit}s like the last, up to {max(lines)}")

    def check(self) -> None:
        """Raise TableError where there is any problem."""
        if self.said:
            raise TableError(self.path, self.said)
