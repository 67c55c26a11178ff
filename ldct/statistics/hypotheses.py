"""The claims of arXiv:2511.00698 as hypotheses, each with an effect, an interval, a verdict and a sentence."""

from __future__ import annotations

from typing import Any

from ldct.statistics.ceiling import Courses
from ldct.statistics.claims import answer
from ldct.statistics.claims_of_ranking import claims_of_ranking
from ldct.statistics.claims_of_training import claims_of_training
from ldct.statistics.dense import Dense
from ldct.statistics.evidence import Verdicts
from ldct.statistics.policy.thresholds import CLAIMS
from ldct.statistics.settings import Settings

Row = dict[str, Any]


def hypotheses(
    answers: list[Verdicts],
    dense: Dense,
    courses: Courses,
    settings: Settings,
) -> tuple[list[Row], list[Row]]:
    """HYPOTHESES and POWER rows.

    `courses` holds the measures of the courses of training.
    """
    rows: list[Row] = []
    power_rows: list[Row] = []
    # The claims are a family of their own, so each has its share of the level.
    settings = settings.model_copy(update={"confidence": 1 - settings.policy.shared_by(CLAIMS).alpha})
    for verdicts in answers:
        panel = verdicts.panel
        claims = list(claims_of_ranking(verdicts, settings.confidence))
        if panel.model in dense.models:
            claims += claims_of_training(courses, dense, dense.models.index(panel.model), settings)
        for claim in sorted(claims, key=lambda one: (one.claim, one.part)):
            row, power = answer(claim, panel.model, settings)
            rows.append(row)
            question = f"{claim.claim} {claim.part}"
            power_rows += [
                {"question": question, "model": panel.model, "patients": size, "power": value}
                for size, value in power.items()
            ]
    return rows, power_rows
