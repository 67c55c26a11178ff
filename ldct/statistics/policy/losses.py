"""Words for comparisons of losses, in a study and between two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ldct.statistics.policy.answers import Answer, Evidence, Reason, Verdict
from ldct.statistics.policy.rules import Rules
from ldct.statistics.policy.thresholds import ALIKE, LIKELY, MORE


class OfLosses(Rules):
    """Verdicts about losses."""

    def compare(self, evidence: Evidence) -> Answer:
        """Better, worse, the same within the margin, or cannot tell."""
        none = self.minimum(evidence)
        if none is not None:
            return none
        if evidence.p <= self.alpha:
            return Answer(Verdict.BETTER if evidence.estimate > 0 else Verdict.WORSE)
        if evidence.p_same <= self.alpha:
            return Answer(Verdict.SAME)
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, MORE)

    def differ(self, evidence: Evidence) -> Answer:
        """'losses differ', or cannot tell; `p` is the least of the metric's contrasts after correction."""
        none = self.minimum(evidence)
        if none is not None:
            return none
        if evidence.p <= self.alpha:
            return Answer("losses differ")
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, MORE)

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
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, MORE)

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

    def effect(self, evidence: Evidence) -> Answer:
        """larger in b, smaller in b or cannot tell, of an effect in studies a and b."""
        answer = self.compare(evidence)
        words: dict[str, str] = {Verdict.BETTER: "larger in b", Verdict.WORSE: "smaller in b"}
        return replace(answer, verdict=words.get(answer.verdict, answer.verdict))

    def bar(self, words: Mapping[str, Mapping[str, str]]) -> Answer:
        """Whether training beats what needs none, from the verdict of each loss against each filter.

        'a network beats every filter': one loss is better than each of them. 'no network beats every filter': one
        filter is better than each loss, or as good. The verdicts are of one family, so that no more correction is due.
        """
        if not words or not any(words.values()):
            return Answer(Verdict.CANNOT_TELL, Reason.NO_VALUES, "no filter was judged")
        if any(all(word == Verdict.BETTER for word in of_loss.values()) for of_loss in words.values()):
            return Answer("a network beats every filter")
        filters = {name for of_loss in words.values() for name in of_loss}
        if any(all(of.get(name) in (Verdict.WORSE, Verdict.SAME) for of in words.values()) for name in filters):
            return Answer("no network beats every filter")
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, MORE)

    def orders(self, in_a: str, in_b: str) -> str:
        """same, reversed or cannot tell, of a pair of losses in two studies, from its side in each."""
        if Verdict.CANNOT_TELL in (in_a, in_b):
            return Verdict.CANNOT_TELL
        return "same" if in_a == in_b else "reversed"
