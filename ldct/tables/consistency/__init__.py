"""results/consistency/*.parquet: how far losses and metrics agree, with intervals.

Intervals are at the configured confidence. Those of contrasts, places, agreement and tests take patients and trainings
as random; those of levels resample patients (then slices within a patient), given the trained networks, unless a column
says otherwise. Verdicts come from `ldct.statistics.policy` alone, each with a reason where it is 'cannot tell'. A
*criterion* is a (metric, window) pair. *Goodness* is the metric turned so that higher is better. `model` is a network
of the study, or 'all' for the mean over networks where there are several.
"""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.consistency.agreement import AGREEMENT, HOME_FIELD, IMAGE_LEVEL, TAU, VOTES
from ldct.tables.consistency.candidate import CANDIDATE, CANDIDATE_TESTS
from ldct.tables.consistency.claims import HYPOTHESES, POWER
from ldct.tables.consistency.effects import CONTRASTS, FRIEDMAN, MIXED, POSTHOC, VARIANCE
from ldct.tables.consistency.levels import LOSS_VALUES, PATIENT_VALUES, RUN_VALUES
from ldct.tables.consistency.ranking import BEST_LOSS, RANK_STABILITY, RANKS
from ldct.tables.consistency.standing import COVERAGE, CRITERIA, DESIGN, RUNS
from ldct.tables.consistency.training import TRAJECTORIES, TRAJECTORY_POINTS, TRAJECTORY_SUMMARY

# File stem under results/consistency/ -> schema. Every analysis writes every one of them, if empty.
TABLES: dict[str, pa.Schema] = {
    "design": DESIGN,
    "criteria": CRITERIA,
    "runs": RUNS,
    "coverage": COVERAGE,
    "patient_values": PATIENT_VALUES,
    "run_values": RUN_VALUES,
    "loss_values": LOSS_VALUES,
    "ranks": RANKS,
    "rank_stability": RANK_STABILITY,
    "best_loss": BEST_LOSS,
    "agreement": AGREEMENT,
    "votes": VOTES,
    "home_field": HOME_FIELD,
    "tau": TAU,
    "friedman": FRIEDMAN,
    "posthoc": POSTHOC,
    "contrasts": CONTRASTS,
    "trajectory_points": TRAJECTORY_POINTS,
    "trajectories": TRAJECTORIES,
    "trajectory_summary": TRAJECTORY_SUMMARY,
    "image_level": IMAGE_LEVEL,
    "variance": VARIANCE,
    "mixed": MIXED,
    "hypotheses": HYPOTHESES,
    "power": POWER,
    "candidate": CANDIDATE,
    "candidate_tests": CANDIDATE_TESTS,
}
