"""Losses written as people write them: 'charbonnier + 0.05 * vgg16_hed'."""

from __future__ import annotations

import re

_TERM = re.compile(
    r"^\s*(?:(?P<weight>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)\s*\*\s*)?(?P<use>[A-Za-z_][\w.]*(?::\w+)?)\s*$"
)


def parse_loss(text: str) -> list[tuple[str, float]]:
    """(term, weight) pairs of a sum of weighted terms; raises ValueError with the part that does not parse."""
    terms = []
    for part in re.split(r"(?<![eE])\+", text):
        match = _TERM.match(part)
        if match is None:
            raise ValueError(f"cannot read '{part.strip()}' in '{text}': write terms as 'l1 + 0.05 * vgg16_hed'")
        terms.append((match["use"], float(match["weight"] or 1.0)))
    return terms
