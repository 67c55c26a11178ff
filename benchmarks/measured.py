"""Figures of a benchmark: printed as they come, and written as a table into a document, between its markers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import ldct.statistics.policy.thresholds as policy

DOCS = Path(__file__).resolve().parents[1] / "docs"
# Name of a share, design with two digits for each of its sizes, what else it was measured at.
NAME = re.compile(r"(?P<what>.+?)(?:_(?P<design>\d{6}))?(?P<rest>_[a-z]+sd\d+)?")


class Measured:
    """Shares by name, in the order in which they were measured."""

    def __init__(self) -> None:
        self.shares: dict[str, float] = {}

    def share(self, name: str, value: float) -> None:
        """Print a share and keep it."""
        print(f"share {name} {value:.3f}", flush=True)
        self.shares[name] = value

    def table(self, default: str) -> str:
        """Markdown: a line a share, a column a design; `default` heads the column of names without one."""
        rows: dict[str, dict[str, float]] = {}
        for name, value in self.shares.items():
            parts = NAME.fullmatch(name)
            assert parts is not None
            rows.setdefault(parts["what"] + (parts["rest"] or ""), {})[parts["design"] or ""] = value
        designs = list(dict.fromkeys(design for row in rows.values() for design in row))
        head = ["share", *(" / ".join(re.findall("..", design)) or default for design in designs)]
        lines = [[name, *(f"{row[d]:.3f}" if d in row else "" for d in designs)] for name, row in rows.items()]
        return markdown([head, *lines])


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table, its first row the head."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def thresholds() -> str:
    """Markdown: every threshold of the policy with its value and the reason in its comment."""
    text = Path(policy.__file__).read_text()
    reasons = {}
    for comment, block in re.findall(r"((?:^# .*\n)+)((?:^[A-Z_]+ = .*\n)+)", text, re.MULTILINE):
        reason = " ".join(line.removeprefix("# ") for line in comment.splitlines())
        reasons |= {name.lower(): reason for name in re.findall(r"^[A-Z_]+", block, re.MULTILINE)}
    values = policy.thresholds()
    lines = [[f"`{name}`", f"{value:.3g}", reasons.get(name, "see readers.md")] for name, value in values.items()]
    return markdown([["threshold", "value", "why"], *lines])


def write_block(document: str, block: str, text: str) -> None:
    """Put `text` between the markers of `block` in a document of docs/."""
    path = DOCS / document
    start, end = f"<!-- {block} -->", f"<!-- end of {block} -->"
    before, _, rest = path.read_text().partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{path.name} has no '{start}' ... '{end}'")
    path.write_text(f"{before}{start}\n{text}\n{end}{after}")
