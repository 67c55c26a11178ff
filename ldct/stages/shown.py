"""What the report says of how a study was made: of each section of the configuration no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ldct.config.base import Section
from ldct.config.evaluation import Evaluation, WindowSpec
from ldct.config.lesions import Lesions
from ldct.config.training import Search
from ldct.filters.declared import FILTERS

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class ShownTerm(Section):
    use: str
    weight: float = 1.0
    psi: float | None = None


class ShownLoss(Section):
    """A loss: its name in results, its label in figures ('' for the name), its terms."""

    name: str
    label: str = ""
    terms: tuple[ShownTerm, ...]


class ShownNetwork(Section):
    """A network: its name in results, its label in figures ('' for the name), what it is."""

    name: str
    use: str
    label: str = ""
    options: dict[str, Any] = {}


class ShownCohort(Section):
    folds: int
    validation_patients: int


class ShownPatches(Section):
    size: int
    sampling: str
    per_patient: int


class ShownTraining(Section):
    epochs: int
    steps_per_epoch: int
    batch: int
    optimiser: str
    learning_rate: float
    schedule: str
    checkpoints: list[int]
    checkpoint_rule: str
    seeds: list[int]
    search: Search


class ShownFilter(Section):
    """A denoiser without training; settings: as the methods state them."""

    name: str
    label: str
    settings: str


class ShownEvaluation(Section):
    slices_per_patient: int | None
    filters: tuple[ShownFilter, ...]
    windows: dict[str, WindowSpec]


class ShownLesions(Section):
    """Lesions that were inserted, and the number of patients whose real tumours were marked."""

    per_patient: int
    kinds: list[str]
    diameters_mm: list[float]
    contrasts_hu: list[float]
    region_mm: float
    channels: list[str]
    tumours: int


class ShownStatistics(Section):
    bootstrap_draws: int
    confidence: float
    reference_loss: str
    candidate_families: list[str]


def losses_shown(plan: Plan) -> tuple[ShownLoss, ...]:
    chosen = {name: plan.study.losses[name] for name in plan.losses}
    return tuple(
        ShownLoss(
            name=name,
            label=loss.label,
            terms=tuple(ShownTerm(use=term.use, weight=term.weight, psi=term.psi) for term in loss.terms),
        )
        for name, loss in chosen.items()
    )


def networks_shown(plan: Plan) -> tuple[ShownNetwork, ...]:
    return tuple(ShownNetwork(name=name, **model.model_dump()) for name, model in plan.study.models.items())


def evaluation_shown(evaluation: Evaluation) -> ShownEvaluation:
    filters = [FILTERS.of(use) for use in evaluation.filters]
    return ShownEvaluation(
        slices_per_patient=evaluation.slices_per_patient,
        filters=tuple(ShownFilter(name=one.name, label=one.label, settings=one.settings) for one in filters),
        windows=evaluation.windows,
    )


def lesions_shown(lesions: Lesions) -> ShownLesions:
    read = lesions.model_dump(include=set(ShownLesions.model_fields) - {"tumours"})
    return ShownLesions(**read, tumours=len(lesions.masks))
