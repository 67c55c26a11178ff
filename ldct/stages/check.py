"""The check of a study before anything is computed, and its card."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ldct.config.base import Section
from ldct.config.encoder import Encoder
from ldct.config.training import Budget
from ldct.filters.declared import FILTERS
from ldct.intensity import Window
from ldct.lesions.declared import CHANNELS
from ldct.losses.declared import TERMS, walk_terms
from ldct.models.declared import NETWORKS
from ldct.stages.base import REFUSED, Content, Stage, StageOutputs, StageSources, StageSpec, narrow, relative
from ldct.stages.keys import Whole
from ldct.stages.lesions import has_lesions
from ldct.stages.metrics import metric_classes, metric_weights, windows
from ldct.stages.parts import NetworkSpec, TermSpec, Unavailable, terms, unavailable
from ldct.stages.training import pretrained_of, uses_encoder
from ldct.study.manifest import IMAGE_KINDS, fingerprint

if TYPE_CHECKING:
    from ldct.study.plan import Plan

# Of images that are read: their size is not known before. Most CT has it.
USUAL_MATRIX = 512


class Design(Section):
    """Patients and trainings, by number."""

    patients: int
    # 0 where each patient is a person.
    persons: int = 0
    kinds: dict[str, int]
    regions: dict[str, int]
    folds: int
    validation_patients: int
    seeds: tuple[int, ...]
    rates_tried: int
    trial_steps: int
    calibration_steps: int
    # The loss that the negative control trains again.
    control: str | None = None


class Judged(Section):
    """What is judged, and by what."""

    metrics: tuple[str, ...]
    windows: dict[str, Window]
    filters: tuple[str, ...]
    # Of the observers, where there are lesions.
    channels: tuple[str, ...] = ()
    slices_per_patient: int | None
    matrix: int


class Asked(Section):
    """What a study asks beyond its losses and metrics."""

    candidate_loss: str | None
    candidate_families: tuple[str, ...]
    lesions: bool
    readers: bool


class Row(Section):
    """A row of the manifest, who it is, and what stands for the content of its folders."""

    patient: str
    subject: str | None
    content: Content


class Check(Stage):
    """Build and run all networks, losses and metrics once, small; refuse what does not work; write the study's card."""

    needs_check = False

    class Spec(StageSpec):
        networks: dict[str, NetworkSpec]
        losses: dict[str, tuple[TermSpec, ...]]
        patch: int
        patches_per_patient: int
        # As by default where no loss uses it.
        encoder: Encoder = Encoder()
        budget: Budget
        design: Design
        judged: Judged
        asked: Asked
        unavailable: tuple[Unavailable, ...]
        pretrained: tuple[Content | None, ...] = ()
        rows: tuple[Row, ...] = ()

    class Sources(StageSources):
        manifest: Annotated[Path | None, Field(description="the manifest, whose rows are told apart by headers")] = None

    class Outputs(StageOutputs):
        card: Path = Path("results/check/card.json")

    @classmethod
    def spec(cls, plan: Plan, key: Whole) -> Spec:
        study = plan.study
        patients = plan.patients.values()
        persons = len({entry.person for entry in patients})
        return cls.Spec(
            networks={name: NetworkSpec(use=net.use, options=net.options) for name, net in study.models.items()},
            losses={name: terms(study.losses[name]) for name in plan.losses},
            patch=study.patches.size,
            patches_per_patient=study.patches.per_patient,
            encoder=study.encoder if any(uses_encoder(study.losses[name]) for name in plan.losses) else Encoder(),
            budget=narrow(Budget, study.training),
            design=Design(
                patients=len(patients),
                persons=persons if persons < len(patients) else 0,
                kinds=dict(Counter(entry.kind for entry in patients)),
                regions=dict(Counter(entry.region for entry in patients)),
                folds=study.cohort.folds,
                validation_patients=study.cohort.validation_patients,
                seeds=tuple(study.training.seeds),
                rates_tried=len(study.training.search.learning_rates),
                trial_steps=study.training.search.steps,
                calibration_steps=study.training.calibration_steps,
                control=study.statistics.reference_loss if plan.control else None,
            ),
            judged=Judged(
                metrics=tuple(plan.metrics),
                windows=windows(plan),
                filters=tuple(study.evaluation.filters),
                channels=tuple(study.lesions.channels) if has_lesions(plan) else (),
                slices_per_patient=study.evaluation.slices_per_patient,
                matrix=USUAL_MATRIX
                if any(entry.kind in IMAGE_KINDS for entry in patients)
                else study.reconstruction.matrix,
            ),
            asked=Asked(
                candidate_loss=study.statistics.candidate_loss,
                candidate_families=tuple(study.statistics.candidate_families),
                lesions=has_lesions(plan),
                readers=study.readers.key is not None,
            ),
            unavailable=unavailable(plan),
            pretrained=(*(pretrained_of(plan, loss) for loss in plan.losses), metric_weights(plan)),
            rows=tuple(
                Row(patient=entry.patient, subject=entry.subject, content=fingerprint(entry))
                for entry in patients
                if entry.folders
            ),
        )

    @classmethod
    def sources(cls, plan: Plan, key: Whole) -> Sources:
        has_data = any(entry.folders for entry in plan.patients.values())
        return cls.Sources(manifest=relative(plan.manifest) if has_data else None)

    @classmethod
    def chosen(cls, plan: Plan, key: Whole) -> list[str]:
        of_losses = [
            TERMS.of(use).path
            for loss in plan.losses
            for term in plan.study.losses[loss].terms
            for use, _ in walk_terms(term.use, term.options)
        ]
        networks = [NETWORKS.of(model.use).path for model in plan.study.models.values()]
        filters = [FILTERS.of(use).path for use in plan.study.evaluation.filters]
        channels = [CHANNELS.of(use).path for use in plan.study.lesions.channels] if has_lesions(plan) else []
        return [*networks, *dict.fromkeys(of_losses), *metric_classes(plan), *filters, *channels]

    @staticmethod
    def run(spec: Spec, outputs: Outputs, sources: Sources) -> None:
        from ldct.checks.job import check_study
        from ldct.files import weights_folder
        from ldct.study.manifest import read_manifest

        patients = read_manifest(sources.manifest) if sources.manifest else []
        check_study(spec, outputs.card, outputs.card.with_name(REFUSED.name), weights_folder(), patients)
