"""From numbers to words: every threshold of the reader study, and the one function that applies them."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ReaderPolicy:
    """Least sizes and the level of verdicts on reader studies; docs/readers.md has what was measured at them."""

    level: float = 0.05
    # Below these no verdict is given: an interval of so few says little, and its tails rest on the normal model.
    patients: int = 5
    readers: int = 2
    # An interval needs a spread that can be estimated.
    patients_of_interval: int = 3
    # Krasula's pairs are told apart by a test over the readers, which fewer than three cannot do.
    readers_of_pair_test: int = 3
    # A pilot that gives variance components for a plan.
    pilot_patients: int = 5
    pilot_readers: int = 3


@dataclass(frozen=True)
class Words:
    """What is said of a difference that is above 0, below 0, or not known to be either."""

    above: str
    below: str
    neither: str


POLICY = ReaderPolicy()
LOSS = Words(above="better", below="worse", neither="cannot tell")
METRIC = Words(above="best", below="worse than the best", neither="cannot be told from the best")


def verdict(words: Words, value: float, p: float, patients: int, readers: int, policy: ReaderPolicy = POLICY) -> str:
    """The word for a difference `value` with two-sided (or adjusted) `p` over so many patients and readers.

    Below the least sizes, or without p, it is 'cannot tell' with the reason.
    """
    few = [
        f"{count} of at least {least} {name}"
        for count, least, name in ((patients, policy.patients, "patients"), (readers, policy.readers, "readers"))
        if count < least
    ]
    if few:
        return f"cannot tell: {', '.join(few)}"
    if not (math.isfinite(value) and math.isfinite(p)):
        return "cannot tell: no standard error"
    if p >= policy.level or value == 0:
        return words.neither
    return words.above if value > 0 else words.below
