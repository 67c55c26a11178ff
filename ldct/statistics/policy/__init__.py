"""The one place that turns numbers into words.

Every verdict of a table, a comparison or the report comes from here, with its reason. A verdict is about losses: about
patients like these and trainings like these. Where trainings cannot be told from patients, or the sample is below the
minima here, it is 'cannot tell', with what is missing and what would change it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ldct.statistics.policy.answers import Answer, Evidence, Reason, Verdict, counted, reason_of
from ldct.statistics.policy.losses import OfLosses
from ldct.statistics.policy.metrics import OfMetrics
from ldct.statistics.policy.training import OfTraining

__all__ = ["Answer", "Evidence", "Policy", "Reason", "Verdict", "counted", "reason_of"]


@dataclass(frozen=True)
class Policy(OfLosses, OfMetrics, OfTraining):
    """The one policy of a study's verdicts."""
