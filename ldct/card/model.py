"""What stands on the card of a study."""

from __future__ import annotations

from typing import Any

from ldct.config.base import Section
from ldct.stages.parts import TermSpec, Unavailable


class NetworkCard(Section):
    """A network with its options and its number of trainable parameters."""

    name: str
    use: str
    options: dict[str, Any]
    parameters: int


class LossCard(Section):
    """A loss and its terms, with weights or target shares."""

    name: str
    terms: tuple[TermSpec, ...]


class BudgetCard(Section):
    """What each training spends. patches_seen: over all its steps, patches that come again counted again."""

    trainings: int
    steps: int
    batch: int
    patches_seen: int
    epochs: int
    epochs_judged: int


class CohortCard(Section):
    """Patients by how they come (dicom, ctpd, synthetic) and by region; folds; those that choose checkpoints.

    persons: 0 where each patient is one. notes: on how persons were told apart.
    """

    patients: int
    persons: int = 0
    notes: tuple[str, ...] = ()
    kinds: dict[str, int]
    regions: dict[str, int]
    folds: int
    validation_patients: int
    slices_per_patient: int | None


class DeviceCard(Section):
    """Where trainings run and in which arithmetic, as `auto` is on the machine of the check."""

    device: str
    precision: str
    note: str


class Question(Section):
    """A question of the report. missing: why this design cannot answer it, '' where it can; remedy: what would."""

    question: str
    missing: str = ""
    remedy: str = ""

    @property
    def answerable(self) -> bool:
        return not self.missing


class Cost(Section):
    """An estimate from one batch and one slice on one machine.

    device_hours: of trainings, searches, calibrations, encoders and predictions, on `DeviceCard.device`, one job at a
    time. core_hours: of metrics and filters, one core. Gigabytes are those of uncompressed data.
    """

    how: str
    device_hours: float
    core_hours: float
    gb_predictions: float
    gb_weights: float
    gb_patches: float
    not_counted: str


class Card(Section):
    """A study on one page."""

    networks: tuple[NetworkCard, ...]
    losses: tuple[LossCard, ...]
    metrics: tuple[str, ...]
    windows: tuple[str, ...]
    cohort: CohortCard
    seeds: tuple[int, ...]
    budget: BudgetCard
    device: DeviceCard
    unavailable: tuple[Unavailable, ...]
    questions: tuple[Question, ...]
    cost: Cost
