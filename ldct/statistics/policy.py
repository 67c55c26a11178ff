"""The one place that turns numbers into words.

Every verdict of a table, a comparison or the report comes from here, with its reason. A verdict is about losses: about
patients like these and trainings like these. Where trainings cannot be told from patients, or the sample is below the
minima here, it is 'cannot tell', with what is missing and what would change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

# Fewest patients for any verdict: an exact test of fewer cannot reach .05 at all (2 / 2^5 > .05).
LEAST_PATIENTS = 6
# Fewest degrees of freedom for the variance of the runs of a loss: seeds beyond the first, over all folds.
LEAST_RUN_FREEDOM = 2
# With one seed the means of folds are the replicates; with two folds they have one degree of freedom.
LEAST_FOLDS_AS_REPLICATES = 3
# Level of the test that folds differ by more than their patients and runs explain, which makes them the replicates.
FOLDS_APART = 0.05
# A loss is ranked with the others where it leaves at least this share of their patients; else it is only compared.
LEAST_RANKED_SHARE = 0.9
# A W of fewer losses or judges has almost no values to take.
LEAST_LOSSES = 3
LEAST_JUDGES = 2
# 'The same' is within this many SDs between patients, unless the study states a margin for the metric.
EQUIVALENCE_SDS = 0.25
# Strong and moderate agreement in Schmidt's scale of W (1997, Decision Sciences 28:763).
STRONG_AGREEMENT = 0.7
MODERATE_AGREEMENT = 0.4
# Rankings of two studies are alike above this tau-b: three quarters of the pairs of losses in the same order.
ALIKE = 0.5
# Share of draws in which a loss is best that is called likely.
LIKELY = 0.8


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
    UNCERTAIN = "the difference is within the noise of patients and trainings"


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
        return f"{_many(self.patients, 'patient')}, {_many(self.runs, 'training')} in {_many(self.folds, 'fold')}"


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


@dataclass(frozen=True)
class Policy:
    """Thresholds of a study's verdicts."""

    alpha: float = 0.05
    least_patients: int = LEAST_PATIENTS
    equivalence_sds: float = EQUIVALENCE_SDS
    margins: Mapping[str, float] | None = None  # by metric, in goodness

    @classmethod
    def of(cls, confidence: float, margins: Mapping[str, float] | None = None) -> Policy:
        return cls(alpha=1 - confidence, margins=dict(margins or {}))

    def shared_by(self, questions: int) -> Policy:
        """For claims that are a family of their own: each at the level's share (Bonferroni)."""
        return replace(self, alpha=self.alpha / max(questions, 1))

    def margin(self, metric: str, patient_sd: float) -> float:
        """Within what a difference of this metric is called the same, in goodness."""
        stated = (self.margins or {}).get(metric)
        return float(stated) if stated is not None else self.equivalence_sds * patient_sd

    def minimum(self, evidence: Evidence) -> Answer | None:
        """'Cannot tell' where the sample allows no verdict at all, else None."""
        if evidence.patients == 0 or not np.isfinite(evidence.estimate):
            return Answer(Verdict.CANNOT_TELL, Reason.NO_VALUES, "see the coverage of the losses")
        if evidence.patients < self.least_patients:
            remedy = f"it takes at least {self.least_patients}"
            return Answer(Verdict.CANNOT_TELL, Reason.PATIENTS, remedy)
        if not evidence.answered:
            return Answer(Verdict.CANNOT_TELL, *_trainings(evidence))
        if not evidence.varies and evidence.estimate != 0:
            return Answer(Verdict.CANNOT_TELL, Reason.NO_VARIATION, "the metric gives one number to all patients")
        return None

    def compare(self, evidence: Evidence) -> Answer:
        """Better, worse, the same within the margin, or cannot tell."""
        none = self.minimum(evidence)
        if none is not None:
            return none
        if evidence.p <= self.alpha:
            return Answer(Verdict.BETTER if evidence.estimate > 0 else Verdict.WORSE)
        if evidence.p_same <= self.alpha:
            return Answer(Verdict.SAME)
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, "more trainings a loss, then more patients, may tell")

    def differ(self, evidence: Evidence) -> Answer:
        """'losses differ', or cannot tell; `p` is the least of the metric's contrasts after correction."""
        none = self.minimum(evidence)
        if none is not None:
            return none
        if evidence.p <= self.alpha:
            return Answer("losses differ")
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, "more trainings a loss, then more patients, may tell")

    def best(self, evidence: Evidence, probability: float) -> Answer:
        """sure, likely or cannot tell; `p` is the greatest of the best loss against each other, after correction over
        all pairs and metrics, and `probability` how often it is best when patients and trainings are drawn anew."""
        none = self.minimum(evidence)
        if none is not None:
            return none
        if evidence.p <= self.alpha and evidence.estimate > 0:
            return Answer("sure")
        word = "likely" if probability >= LIKELY and evidence.estimate > 0 else Verdict.CANNOT_TELL
        return Answer(word, Reason.UNCERTAIN, "another loss may be as good")

    def noninferior(self, evidence: Evidence) -> Answer:
        """non-inferior, inferior or cannot tell; `p` is one-sided that it is not inferior by the margin, `p_same` that
        it is inferior by more."""
        none = self.minimum(evidence)
        if none is not None:
            return none
        if evidence.p <= self.alpha / 2:
            return Answer("non-inferior")
        if evidence.p_same <= self.alpha / 2:
            return Answer("inferior")
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, "more trainings a loss, then more patients, may tell")

    def side(
        self,
        low: float | None,
        high: float | None,
        value: float,
        above: str,
        below: str,
        evidence: Evidence | None = None,
    ) -> Answer:
        """The side of `value` that an interval lies on; its level is that of the interval."""
        none = self.minimum(evidence) if evidence is not None else None
        if none is not None:
            return none
        if low is not None and np.isfinite(low) and low > value:
            return Answer(above)
        if high is not None and np.isfinite(high) and high < value:
            return Answer(below)
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, f"the interval contains {value:g}")

    def rankings(self, p: float, tau_low: float | None, evidence: Evidence) -> Answer:
        """differ, alike or cannot tell, of the rankings of two studies: `p` that one true order gave both."""
        none = self.minimum(evidence)
        if none is not None:
            return none
        if p <= self.alpha:
            return Answer("differ")
        if tau_low is not None and tau_low > ALIKE:
            return Answer("alike")
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN)

    def effect(self, p: float, difference: float, evidence: Evidence) -> Answer:
        """larger in b, smaller in b or cannot tell, of an effect in studies a and b; `p` after correction."""
        none = self.minimum(evidence)
        if none is not None:
            return none
        if p <= self.alpha:
            return Answer("larger in b" if difference > 0 else "smaller in b")
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN)

    def orders(self, in_a: str, in_b: str) -> str:
        """same, reversed or cannot tell, of a pair of losses in two studies, from its side in each."""
        if Verdict.CANNOT_TELL in (in_a, in_b):
            return Verdict.CANNOT_TELL
        return "same" if in_a == in_b else "reversed"

    def claim(self, low: float, high: float, threshold: float, above: bool, evidence: Evidence) -> Answer:
        """supported, contradicted or cannot tell: the side of the threshold that a claim's interval lies on."""
        words = ("supported", "contradicted") if above else ("contradicted", "supported")
        return self.side(low, high, threshold, *words, evidence)

    def agreement(self, low: float | None, high: float | None, evidence: Evidence | None = None) -> Answer:
        """'agree strongly', 'agree less than strongly', or cannot tell, from an interval of W (or of its like)."""
        none = self.minimum(evidence) if evidence is not None else None
        if none is not None:
            return none
        if low is None or high is None or not np.isfinite(low) or not np.isfinite(high):
            return Answer(Verdict.CANNOT_TELL, Reason.ONE_TRAINING, "two seeds or more are needed")
        if low >= STRONG_AGREEMENT:
            return Answer("agree strongly")
        if high < MODERATE_AGREEMENT:
            return Answer("agree weakly")
        if high < STRONG_AGREEMENT:
            return Answer("agree less than strongly")
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, f"the interval contains {STRONG_AGREEMENT:g}")


def _trainings(evidence: Evidence) -> tuple[Reason, str]:
    if evidence.least_runs <= 1:
        text = f"two seeds, or one seed in at least {LEAST_FOLDS_AS_REPLICATES} folds, are needed"
        return Reason.ONE_TRAINING, text
    return Reason.FEW_TRAININGS, f"it takes {LEAST_RUN_FREEDOM} trainings of a loss beyond the first of each fold"


def _many(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
