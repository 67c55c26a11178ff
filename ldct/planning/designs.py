"""Power of planned studies, and the cheapest that has enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from ldct.statistics.inference.components import Components
from ldct.statistics.inference.planned import Size, power, power_interval

CONFIDENCE = 0.9


@dataclass(frozen=True)
class Effect:
    """A difference of two losses to be told, in goodness of `metric`, and the components that its test meets.

    `pilot`: whether the components were estimated, so that the power has an interval.
    """

    metric: str
    size: float
    parts: Components
    pilot: bool


@dataclass(frozen=True)
class Cost:
    """What one training and one patient cost, in any unit."""

    training: float
    patient: float


@dataclass(frozen=True)
class Design:
    """A planned study: its trainings, cost, and power for the effect that is hardest to tell.

    `low` and `high` are None where the components are stated; `reason` says why a design gets no verdict at all.
    """

    patients: int
    folds: int
    seeds: int
    trainings: int
    power: float
    low: float | None
    high: float | None
    cost: float | None
    reason: str

    def reaches(self, target: float, *, surely: bool = False) -> bool:
        """Whether the power, or the low end of its interval, is at least `target`."""
        value = self.low if surely and self.low is not None else self.power
        return value >= target


def designs(
    effects: Sequence[Effect],
    *,
    patients: Sequence[int],
    folds: Sequence[int],
    seeds: Sequence[int],
    losses: int,
    tests: int,
    alpha: float,
    cost: Cost | None = None,
) -> list[Design]:
    """Every combination of patients, folds and seeds; all effects have to be told, each by a test of `tests`.

    Raises ValueError without effects or for sizes below 1.
    """
    if not effects:
        raise ValueError("a plan needs an effect")
    rows = []
    for n, fold, seed in product(sorted(set(patients)), sorted(set(folds)), sorted(set(seeds))):
        size = (n, fold, seed)
        powers = [power(one.parts, one.size, *size, tests=tests, alpha=alpha) for one in effects]
        hardest = effects[powers.index(min(powers))]
        ends = None
        if hardest.pilot and not Size(*size).refusal:
            ends = power_interval(hardest.parts, hardest.size, *size, tests=tests, alpha=alpha, confidence=CONFIDENCE)
        trainings = losses * fold * seed
        rows.append(
            Design(
                patients=n,
                folds=fold,
                seeds=seed,
                trainings=trainings,
                power=min(powers),
                low=ends[0] if ends else None,
                high=ends[1] if ends else None,
                cost=None if cost is None else cost.training * trainings + cost.patient * n,
                reason=Size(*size).refusal,
            )
        )
    return rows


def cheapest(rows: Sequence[Design], target: float, *, surely: bool = False) -> Design | None:
    """The design of least cost (then of fewest trainings, then patients) with power `target`; None where none has."""
    enough = [row for row in rows if not row.reason and row.reaches(target, surely=surely)]
    return min(enough, key=lambda row: (row.cost or 0.0, row.trainings, row.patients), default=None)
