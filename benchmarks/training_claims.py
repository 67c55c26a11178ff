"""How often a study of courses of training calls a metric erratic or says that it does not follow the loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.claims import answer
from ldct.statistics.claims_of_training import claims_of_training
from ldct.statistics.trajectories import trajectories
from tests.support.simulated_courses import course_settings, draw_courses

DRAWS = 200
# SD between slices, anew at every epoch: as in the other simulations, and so great that most courses turn by it.
SLICE_SDS = (0.3, 1.5)
# What a metric moves on its own, where it does not follow: as much as a third of its whole rise.
WOBBLE = 0.7
AGAINST = ("not_following", "erratic", "claim_not_following", "claim_erratic")


def training_verdicts(
    seed: int, design: tuple[int, int, int], run_sd: float, slice_sd: float, wobble: float = 0.0
) -> dict[str, bool]:
    """Which verdicts a study of (patients, seeds, folds) has; without `wobble` those of AGAINST are false."""
    patients, seeds, folds = design
    rng = np.random.default_rng([seed, *design, int(100 * run_sd), int(100 * slice_sd), int(100 * wobble), 2])
    truth: dict[str, Any] = {"run_sd": run_sd, "slice_sd": slice_sd, "wobble": wobble}
    dense, histories = draw_courses(rng, patients=patients, seeds=seeds, folds=folds, **truth)
    settings = course_settings(dense, DRAWS, seed)
    *_, summary, courses = trajectories(dense, histories, settings)
    asked = claims_of_training(courses, dense, 0, settings)
    claims = {claim.claim: answer(claim, "network", settings)[0]["verdict"] for claim in asked}
    against = ("does not follow the loss", "opposes the loss")
    return {
        "not_following": any(row["verdict"] in against for row in summary),
        "erratic": any(row["course"] == "erratic" for row in summary),
        "claim_not_following": claims["a"] == "supported",
        "claim_erratic": claims["c"] == "supported",
        "claim_following": claims["a"] == "contradicted",
    }
