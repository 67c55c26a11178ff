"""Words for how a metric moves while a loss is trained."""

from __future__ import annotations

from ldct.statistics.policy.answers import Answer, Evidence, Reason, Verdict
from ldct.statistics.policy.rules import Rules
from ldct.statistics.policy.thresholds import MORE


class OfTraining(Rules):
    """Verdicts about courses of training."""

    def follows(self, above: Evidence, short: Evidence, *, control: bool) -> Answer:
        """follows the loss, does not follow it, opposes it or cannot tell; `above` is of the concordance less chance,
        `short` of the concordance less what noise leaves to a metric that follows; control: of the positive control."""
        none = self.minimum(above)
        if none is not None:
            return none
        if not control:
            return Answer(Verdict.CANNOT_TELL, Reason.CONTROL, "more epochs, patients or trainings may tell")
        if above.p <= self.alpha and above.estimate > 0:
            return Answer("follows the loss")
        if short.answered and short.p <= self.alpha and short.estimate < 0:
            opposes = above.p <= self.alpha and above.estimate < 0
            return Answer("opposes the loss" if opposes else "does not follow the loss")
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, MORE)

    def erratic(self, turns: Evidence, excess: Evidence) -> Answer:
        """erratic, steady or cannot tell; `turns` is of the share of turning points less ERRATIC_RATE, `excess` of the
        same less what the loss and noise explain."""
        none = self.minimum(turns)
        if none is not None:
            return none
        if turns.p <= self.alpha and turns.estimate < 0:
            return Answer("steady")
        beyond = excess.answered and excess.p <= self.alpha and excess.estimate > 0
        if beyond and turns.p <= self.alpha:
            return Answer("erratic")
        return Answer(Verdict.CANNOT_TELL, Reason.UNCERTAIN, MORE)
