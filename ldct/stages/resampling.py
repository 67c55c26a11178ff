"""How the stages of the analysis make their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldct.statistics.settings import Resampling

if TYPE_CHECKING:
    from ldct.study.plan import Plan


def resampling(plan: Plan) -> Resampling:
    statistics = plan.study.statistics
    return Resampling(draws=statistics.bootstrap_draws, confidence=statistics.confidence, seed=statistics.seed)
