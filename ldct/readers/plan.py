"""How many patients and readers a reading study needs: power with both random, from variance components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from ldct.readers.jackknife import crossed_error
from ldct.readers.mrmc import mean_squares
from ldct.statistics.policy.readers import POLICY

# Patients of the plans that are tried. Beyond these the readers decide.
SIZES = (*range(POLICY.patients, 30), *range(30, 60, 2), *range(60, 100, 5), *range(100, 200, 10), *range(200, 501, 50))


@dataclass(frozen=True)
class Components:
    """Variances of a difference of scores between losses: of readers, of patients, and of the rest (one cell)."""

    reader: float
    patient: float
    rest: float


@dataclass(frozen=True)
class Pilot:
    """Mean squares (3,) of readers, patients and rest, averaged over contrasts, and the sizes they come from."""

    squares: np.ndarray
    readers: int
    patients: int

    @property
    def too_small(self) -> str:
        """Why no plan can be drawn from it; '' where one can."""
        sizes = ((self.patients, POLICY.pilot_patients, "patients"), (self.readers, POLICY.pilot_readers, "readers"))
        few = [f"{count} of at least {least} {name}" for count, least, name in sizes if count < least]
        return ", ".join(few)

    def components(self) -> Components:
        """The variance components, none below 0."""
        return _components(self.squares, self.readers, self.patients)

    def draws(self, count: int, rng: np.random.Generator) -> list[Components]:
        """Components that these mean squares allow: each over a chi-squared of one contrast's degrees of freedom."""
        degrees = np.array([self.readers - 1, self.patients - 1, (self.readers - 1) * (self.patients - 1)])
        squares = self.squares * degrees / rng.chisquare(degrees, (count, 3))
        return [_components(row, self.readers, self.patients) for row in squares]


def pilot_of(contrasts: Sequence[np.ndarray]) -> Pilot:
    """Pilot from `contrasts`, each differences (readers, patients), complete; raises ValueError without any.

    Sizes are the least of the contrasts: contrasts with one reference are dependent, so their degrees are not added.
    """
    usable = [d for d in contrasts if min(d.shape) > 1]
    if not usable:
        raise ValueError("no contrast with two readers and two patients")
    squares = np.mean([mean_squares(d) for d in usable], axis=0)
    return Pilot(squares, min(d.shape[0] for d in usable), min(d.shape[1] for d in usable))


def power(
    difference: float,
    components: Components,
    patients: int,
    readers: int,
    level: float = POLICY.level,
    studies: int = 2000,
) -> float:
    """Power of the test of `ldct.readers.mrmc.compare` for a true `difference` of normal scores.

    The mean squares of `studies` studies are drawn from their chi-squared distributions; given them the power is exact.
    Hillis, Obuchowski & Berbaum (2011, Acad. Radiol. 18:129) put their expectation in their place, which promises too
    much for few readers. 0 with fewer readers or patients than a verdict needs.
    """
    if patients < POLICY.patients or readers < POLICY.readers:
        return 0.0
    cells = patients * readers
    rest = components.rest / cells
    expected = np.array([components.patient / patients + rest, components.reader / readers + rest, rest])
    spread = np.sqrt(expected[0] + expected[1] - rest)
    if spread <= 0:
        return 1.0 if difference else level
    degrees = np.array([patients - 1, readers - 1, (patients - 1) * (readers - 1)])
    drawn = np.random.default_rng(0).chisquare(degrees, (studies, 3)) / degrees * expected
    variance, freedom = crossed_error(drawn[:, 0], drawn[:, 1], drawn[:, 2], patients, readers)
    reach = special.stdtrit(freedom, 1 - level / 2) * np.sqrt(variance)
    beyond = special.ndtr((abs(difference) - reach) / spread) + special.ndtr((-abs(difference) - reach) / spread)
    return float(beyond.mean())


def patients_needed(
    difference: float, components: Components, readers: int, target: float, studies: int = 2000
) -> int | None:
    """Fewest patients of SIZES with power `target` for `readers`; None where none suffices."""
    enough = (size for size in SIZES if power(difference, components, size, readers, studies=studies) >= target)
    return next(enough, None)


def needed_interval(
    difference: float, pilot: Pilot, readers: int, target: float, draws: int, confidence: float, seed: int = 0
) -> tuple[int | None, int | None]:
    """Interval of `patients_needed` that the pilot allows; None for more than the largest of SIZES."""
    rng = np.random.default_rng(seed)
    most = SIZES[-1]
    each = [patients_needed(difference, c, readers, target, studies=200) or most + 1 for c in pilot.draws(draws, rng)]
    tails = np.quantile(each, [(1 - confidence) / 2, (1 + confidence) / 2], method="inverted_cdf")
    low, high = (None if bound > most else int(bound) for bound in tails)
    return low, high


def _components(squares: np.ndarray, readers: int, patients: int) -> Components:
    reader, patient, rest = (float(s) for s in squares)
    return Components(max(reader - rest, 0.0) / patients, max(patient - rest, 0.0) / readers, rest)
