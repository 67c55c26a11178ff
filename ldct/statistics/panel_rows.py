"""Every table of one network that a verdict stands in."""

from __future__ import annotations

from typing import Any

from ldct.statistics.agreement import agreement_rows, home_field, tau_rows
from ldct.statistics.bootstrap import HierarchicalBootstrap
from ldct.statistics.candidate import candidate_rows
from ldct.statistics.evidence import Verdicts
from ldct.statistics.loss_tests import contrasts, friedman_rows
from ldct.statistics.ranking import loss_draws, ranking
from ldct.statistics.ranks import tau_b_matrix
from ldct.statistics.votes import vote_rows

Row = dict[str, Any]


def panel_rows(verdicts: Verdicts, boot: HierarchicalBootstrap) -> dict[str, list[Row]]:
    """Rows by table; `boot` resamples the panel's patients and slices, given the trained networks."""
    panel, settings = verdicts.panel, verdicts.settings
    tau_draws = tau_b_matrix(verdicts.draws)
    ranks, stability, best = ranking(verdicts, boot)
    friedman, posthoc = friedman_rows(panel, boot, verdicts, settings)
    tests, candidate = candidate_rows(verdicts)
    return {
        "ranks": ranks,
        "rank_stability": stability,
        "best_loss": best,
        "agreement": agreement_rows(verdicts, tau_draws),
        "votes": vote_rows(verdicts),
        "tau": tau_rows(panel, tau_draws, verdicts.clusters, settings),
        "home_field": home_field(verdicts),
        "friedman": friedman,
        "posthoc": posthoc,
        "contrasts": contrasts(panel, loss_draws(panel, boot), verdicts, settings),
        "candidate_tests": tests,
        "candidate": candidate,
    }
