"""Words for metrics: whether one can be trusted, and whether they agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ldct.statistics.policy.answers import Answer, Evidence, Reason, Verdict
from ldct.statistics.policy.rules import Rules
from ldct.statistics.policy.thresholds import LEAST_LADDER_PATIENTS, MODERATE_AGREEMENT, MORE, STRONG_AGREEMENT


class OfMetrics(Rules):
    """Verdicts about metrics."""

    def ladder(self, low: float | None, high: float | None, patients: int) -> Answer:
        """passes, fails or cannot tell, of a metric on graded degradations, from an interval of its monotonicity: a
        metric fails that surely prefers the worse of two images."""
        if patients < LEAST_LADDER_PATIENTS:
            return Answer(Verdict.CANNOT_TELL, Reason.PATIENTS, f"it takes at least {LEAST_LADDER_PATIENTS}")
        return self.side(low, high, 0.0, "passes", "fails")

    def ladders(self, answers: Sequence[Answer]) -> Answer:
        """passes, fails, cannot tell or not tested, of a metric from its answers to every degradation: it fails where
        it fails one of them, and passes where it passes one and fails none."""
        for word in ("fails", "passes"):
            if any(answer.verdict == word for answer in answers):
                return Answer(word)
        return answers[0] if answers else Answer("not tested")

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
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, f"the interval contains {STRONG_AGREEMENT:g}: {MORE}")
