"""What every verdict obeys: level, margin, minima, and the side of a value that an interval lies on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from ldct.statistics.policy.answers import Answer, Evidence, Reason, Verdict
from ldct.statistics.policy.thresholds import (
    EQUIVALENCE_SDS,
    LEAST_FOLDS_AS_REPLICATES,
    LEAST_PATIENTS,
    LEAST_RUN_FREEDOM,
    MORE,
)


@dataclass(frozen=True)
class Rules:
    """Thresholds of a study's verdicts."""

    alpha: float = 0.05
    least_patients: int = LEAST_PATIENTS
    equivalence_sds: float = EQUIVALENCE_SDS
    margins: Mapping[str, float] | None = None  # by metric, in goodness

    @classmethod
    def of(cls, confidence: float, margins: Mapping[str, float] | None = None) -> Self:
        return cls(alpha=1 - confidence, margins=dict(margins or {}))

    def shared_by(self, questions: int) -> Self:
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
            remedy = f"it takes at least {self.least_patients} patients"
            more = "" if evidence.answered else f"; then {_trainings(evidence)[1]}"
            return Answer(Verdict.CANNOT_TELL, Reason.PATIENTS, remedy + more)
        if not evidence.answered:
            return Answer(Verdict.CANNOT_TELL, *_trainings(evidence))
        if not evidence.varies and evidence.estimate != 0:
            return Answer(Verdict.CANNOT_TELL, Reason.NO_VARIATION, "the metric gives one number to all patients")
        return None

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
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, f"the interval contains {value:g}: {MORE}")

    def claim(self, low: float, high: float, threshold: float, above: bool, evidence: Evidence) -> Answer:
        """supported, contradicted or cannot tell: the side of the threshold that a claim's interval lies on."""
        words = ("supported", "contradicted") if above else ("contradicted", "supported")
        return self.side(low, high, threshold, *words, evidence)


def _trainings(evidence: Evidence) -> tuple[Reason, str]:
    if evidence.least_runs <= 1:
        text = f"two seeds, or one seed in at least {LEAST_FOLDS_AS_REPLICATES} folds, are needed"
        return Reason.ONE_TRAINING, text
    return Reason.FEW_TRAININGS, f"it takes {LEAST_RUN_FREEDOM} trainings of a loss beyond the first of each fold"
