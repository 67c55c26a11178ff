"""What an answer is, and what it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Every word that a comparison of two things can end with."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same within margin"
    CANNOT_TELL = "cannot tell"


class Reason(StrEnum):
    """Why a verdict is 'cannot tell'."""

    NONE = ""
    PATIENTS = "too few patients"
    ONE_TRAINING = "one training a loss and fold"
    FEW_TRAININGS = "too few trainings"
    NO_VALUES = "no values in common"
    NO_VARIATION = "no variation"
    CONTROL = "the metric that equals the loss does not surely follow it either"
    UNCERTAIN = "the difference is within the noise of patients and trainings"


def reason_of(why: str) -> tuple[str, str]:
    """The reason and the remedy of a 'reason' column, as `Answer.why` wrote them; a remedy may be ''."""
    reason, _, remedy = why.partition("; ")
    return reason, remedy


@dataclass(frozen=True)
class Evidence:
    """What one comparison stands on: its adjusted p, and the counts a sentence names.

    `p` is adjusted within the family of its question; `p_same` is that of two one-sided tests, adjusted likewise.
    """

    estimate: float
    p: float
    p_same: float
    patients: int
    folds: int
    runs: int
    least_runs: int  # fewest trainings of a loss in a fold
    answered: bool  # whether the engine could tell trainings from patients
    varies: bool = True
    tests: int = 1  # tests in the family

    @property
    def counts(self) -> str:
        """'30 patients, 30 trainings in 5 folds'."""
        return counted(self.patients, self.runs, self.folds)


@dataclass(frozen=True)
class Answer:
    """A verdict, why it is none, and what would change that."""

    verdict: str
    reason: Reason = Reason.NONE
    remedy: str = ""

    @property
    def why(self) -> str:
        """Reason and remedy as one phrase, '' for a verdict."""
        return f"{self.reason}; {self.remedy}" if self.reason and self.remedy else str(self.reason)


def counted(patients: int, runs: int, folds: int) -> str:
    """What a comparison stands on: '30 patients, 30 trainings in 5 folds'."""
    return f"{_many(patients, 'patient')}, {_many(runs, 'training')} in {_many(folds, 'fold')}"


def _many(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
