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
    """Hours and gigabytes of all runs of a study, those of the negative control included.

    Steps take time in proportion to their patches, networks, metrics and filters in proportion to pixels.
    """
    design, judged = spec.design, spec.judged
    slices = design.patients * (judged.slices_per_patient or USUAL_SLICES)
    pixels = slices * judged.matrix**2
    judged_epochs = len(spec.budget.checkpoints)
    trained = _trained(spec)
    # Of each run of a fold its test patients; over folds that is everyone once.
    images = len(spec.networks) * len(trained) * len(design.seeds) * judged_epochs
    untrained = 2 + len(judged.filters)
    by_metric = sum(one.reference + one.image * (images + untrained) for one in measured.metric.values())
    runs = design.folds * len(design.seeds) * len(trained)
    device_seconds = (
        _training(spec, measured, trained) + _encoders(spec, measured) + _prediction(spec, measured, pixels)
    )
    return Cost(
        how=f"estimated from one batch and one slice on this machine ({measured.device}, one thread), {_size(spec)}",
        device_hours=device_seconds / HOUR,
        core_hours=(by_metric + sum(measured.filter.values())) * pixels / HOUR,
        gb_predictions=images * pixels * BYTES_HU / GB,
        gb_weights=runs * (judged_epochs + 1) * sum(measured.parameters.values()) * BYTES_WEIGHT / GB,
        gb_patches=design.patients * spec.patches_per_patient * 2 * spec.patch**2 * BYTES_HU / GB,
        not_counted=f"reading and reconstruction, {'lesions, ' if spec.asked.lesions else ''}statistics, the report",
    )


def _trained(spec: Check.Spec) -> list[str]:
    """The losses of all trainings by name; the negative control is the loss that it repeats."""
    return [*spec.losses, *([spec.design.control] if spec.design.control else [])]


def _size(spec: Check.Spec) -> str:
    """What is taken for granted of the size of images."""
    images = "DICOM images taken as" if spec.design.kinds.get("dicom") else "images of"
    slices = "" if spec.judged.slices_per_patient else f" and {USUAL_SLICES} slices a patient"
    return f"{images} {spec.judged.matrix} x {spec.judged.matrix} pixels{slices}"


def _training(spec: Check.Spec, measured: Measured, trained: list[str]) -> float:
    """Seconds of trainings, of trials of a search, and of calibrations; the control takes what its loss found."""
    design, budget = spec.design, spec.budget
    once = len(design.seeds) * budget.epochs * budget.steps_per_epoch
    total = 0.0
    for (_, loss), a_patch in measured.step.items():
        steps = trained.count(loss) * once + design.rates_tried * design.trial_steps
        if any(term.psi is not None for term in spec.losses[loss]):
            steps += design.calibration_steps
        total += design.folds * steps * budget.batch * a_patch
    return total


def _encoders(spec: Check.Spec, measured: Measured) -> float:
    """Seconds of the encoders of all folds, where a loss uses them."""
    return spec.design.folds * spec.encoder.steps * spec.encoder.batch * measured.encoder


def _prediction(spec: Check.Spec, measured: Measured, pixels: int) -> float:
    """Seconds of all judged epochs of all runs; with lesions the selected epoch once more."""
    seeds, epochs = len(spec.design.seeds), len(spec.budget.checkpoints)
    passes = seeds * (len(_trained(spec)) * epochs + (len(spec.losses) if spec.asked.lesions else 0))
    return passes * pixels * sum(measured.pixel.values())
