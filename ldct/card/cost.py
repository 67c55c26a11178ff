"""What a study costs, from what one batch and one slice took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldct.card.model import Cost

if TYPE_CHECKING:
    from ldct.checks.run import Measured
    from ldct.stages.check import Check

# Where all slices are judged: as many as a scan of the trunk has.
USUAL_SLICES = 300
BYTES_HU, BYTES_WEIGHT = 2, 4
HOUR, GB = 3600.0, 1e9


def cost(spec: Check.Spec, measured: Measured) -> Cost:
    """Hours and gigabytes of all runs of a study.

    Steps take time in proportion to their patches, networks and metrics in proportion to pixels.
    """
    design, judged = spec.design, spec.judged
    slices = design.patients * (judged.slices_per_patient or USUAL_SLICES)
    pixels = slices * judged.matrix**2
    judged_epochs = len(spec.budget.checkpoints)
    # Of each run of a fold its test patients; over folds that is everyone once.
    images = len(spec.networks) * len(spec.losses) * len(design.seeds) * judged_epochs
    by_metric = sum(one.reference + one.image * (images + _anchors(spec)) for one in measured.metric.values())
    runs = design.folds * len(design.seeds) * len(spec.losses)
    return Cost(
        how=f"estimated from one batch and one slice on this machine ({measured.device}, one thread)",
        device_hours=(_training(spec, measured) + _prediction(spec, measured, pixels)) / HOUR,
        core_hours=by_metric * pixels / HOUR,
        gb_predictions=images * pixels * BYTES_HU / GB,
        gb_weights=runs * (judged_epochs + 1) * sum(measured.parameters.values()) * BYTES_WEIGHT / GB,
        gb_patches=design.patients * spec.patches_per_patient * 2 * spec.patch**2 * BYTES_HU / GB,
        not_counted="reading and reconstruction, encoders, lesions, the negative control, statistics, the report",
    )


def _training(spec: Check.Spec, measured: Measured) -> float:
    """Seconds of trainings, of trials of a search, and of calibrations."""
    design, budget = spec.design, spec.budget
    total = 0.0
    for (_, loss), a_patch in measured.step.items():
        steps = len(design.seeds) * budget.epochs * budget.steps_per_epoch
        steps += design.rates_tried * design.trial_steps
        if any(term.psi is not None for term in spec.losses[loss]):
            steps += design.calibration_steps
        total += design.folds * steps * budget.batch * a_patch
    return total


def _prediction(spec: Check.Spec, measured: Measured, pixels: int) -> float:
    passes = len(spec.losses) * len(spec.design.seeds) * len(spec.budget.checkpoints)
    return passes * pixels * sum(measured.pixel.values())


def _anchors(spec: Check.Spec) -> int:
    """Images that are judged beside those of networks: low dose, full dose, filters."""
    return 2 + len(spec.judged.filters)
