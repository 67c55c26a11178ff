"""The negative control of a study: its reference loss again with other seeds, compared as if it were another loss."""

from __future__ import annotations

from collections.abc import Sequence

from ldct.config.study import Study

# Fewer seeds cannot tell trainings from patients, so the control would cost trainings and say nothing.
LEAST_SEEDS = 2
# Greater than any seed that people choose; a study with greater ones gets a greater step.
LEAST_STEP = 1_000_000


def seed_step(study: Study) -> int:
    """A power of ten that moves every seed of the study, with whatever offset, to one that the study has not."""
    most = max(study.training.seeds) + max(loss.seed_offset for loss in study.losses.values())
    step = LEAST_STEP
    while step <= most:
        step *= 10
    return step


def control_name(study: Study) -> str:
    return f"{study.statistics.reference_loss}_again"


def why_no_control(study: Study, losses: Sequence[str]) -> str:
    """Why the study has no negative control; '' where it has one. `losses`: those that can be trained here."""
    statistics = study.statistics
    if not statistics.negative_control:
        return "statistics.negative_control is false"
    if len(study.training.seeds) < LEAST_SEEDS:
        return f"training.seeds has one seed; it takes {LEAST_SEEDS} to tell trainings from patients"
    if statistics.reference_loss not in losses:
        return f"the reference loss {statistics.reference_loss} cannot be trained here"
    return ""


def with_control(study: Study) -> Study:
    """The study with the negative control as one more loss."""
    reference = study.statistics.reference_loss
    loss = study.losses[reference]
    again = loss.again(seed_step(study), f"{loss.label or reference.upper()} again (control)")
    return study.model_copy(update={"losses": {**study.losses, control_name(study): again}})
