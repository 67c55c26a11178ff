"""The card of a study from its plan and from what its check measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ldct.card.cost import cost
from ldct.card.model import BudgetCard, Card, CohortCard, DeviceCard, LossCard, NetworkCard
from ldct.card.questions import questions

if TYPE_CHECKING:
    from ldct.checks.run import Measured
    from ldct.stages.check import Check


def card_of(spec: Check.Spec, measured: Measured, notes: Sequence[str] = ()) -> Card:
    """The card; `measured` holds every network and every loss with every network. notes: on who the patients are."""
    budget, design = spec.budget, spec.design
    steps = budget.epochs * budget.steps_per_epoch
    return Card(
        networks=tuple(
            NetworkCard(name=name, use=network.use, options=network.options, parameters=measured.parameters[name])
            for name, network in spec.networks.items()
        ),
        losses=tuple(LossCard(name=name, terms=terms) for name, terms in spec.losses.items()),
        metrics=spec.judged.metrics,
        windows=tuple(spec.judged.windows),
        cohort=CohortCard(
            patients=design.patients,
            persons=design.persons,
            notes=tuple(notes),
            kinds=design.kinds,
            regions=design.regions,
            folds=design.folds,
            validation_patients=design.validation_patients,
            slices_per_patient=spec.judged.slices_per_patient,
        ),
        seeds=design.seeds,
        budget=BudgetCard(
            trainings=len(spec.networks) * len(spec.losses) * design.folds * len(design.seeds),
            steps=steps,
            batch=budget.batch,
            patches_seen=steps * budget.batch,
            epochs=budget.epochs,
            epochs_judged=len(budget.checkpoints),
        ),
        device=DeviceCard(device=measured.device, precision=measured.precision, note=measured.note),
        unavailable=spec.unavailable,
        questions=questions(spec),
        cost=cost(spec, measured),
    )
