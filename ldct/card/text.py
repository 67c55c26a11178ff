"""The card of a study as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ldct.card.model import Card
from ldct.stages.parts import TermSpec

WIDTH = 12


def text_of(card: Card) -> str:
    """The card, a line a fact."""
    return "\n".join(_lines(card))


def expression(terms: tuple[TermSpec, ...]) -> str:
    """A loss as people write it: 'l1 + 0.5 * sobel'; a target share as '(share 0.3) * sobel'."""
    parts = []
    for term in terms:
        options = f"({', '.join(f'{key}={value}' for key, value in term.options.items())})" if term.options else ""
        factor = f"(share {term.psi:g}) * " if term.psi is not None else f"{term.weight:g} * "
        parts.append(f"{'' if factor == '1 * ' else factor}{term.use}{options}")
    return " + ".join(parts)


def _lines(card: Card) -> Iterator[str]:
    cohort, budget, cost = card.cohort, card.budget, card.cost
    for network in card.networks:
        options = ", ".join(f"{key} {value}" for key, value in network.options.items()) or "its defaults"
        yield _row("network", f"{network.name}: {network.use}, {options}; {network.parameters:,} parameters")
    for loss in card.losses:
        yield _row("loss", f"{loss.name}: {expression(loss.terms)}")
    yield _row("metrics", f"{', '.join(card.metrics)} (windows {', '.join(card.windows)})")
    persons = f", {cohort.persons} persons" if cohort.persons else ""
    yield _row(
        "patients",
        f"{cohort.patients}{persons} ({_counts(cohort.kinds)}; {_counts(cohort.regions)}), {cohort.folds} folds, "
        f"{cohort.slices_per_patient or 'all'} slices of each judged",
    )
    for item in cohort.notes:
        yield _row("note", item)
    yield _row(
        "trainings",
        f"{budget.trainings} ({len(card.seeds)} seeds), each {budget.steps:,} steps of {budget.batch} patches, "
        f"{budget.patches_seen:,} patches seen; {budget.epochs_judged} of {budget.epochs} epochs judged",
    )
    note = f" ({card.device.note})" if card.device.note else ""
    yield _row("device", f"{card.device.device}, {card.device.precision}{note}")
    for item in card.unavailable:
        yield _row("unavailable", f"{item.kind} {item.name} needs {item.missing}: {item.command}")
    for one in card.questions:
        answer = "yes" if one.answerable else f"no, {one.missing}; {one.remedy}"
        yield _row("question", f"{one.question} {answer}")
    yield _row(
        "cost",
        f"{_amount(cost.device_hours)} hours of {card.device.device} for networks, {_amount(cost.core_hours)} core "
        f"hours for metrics and filters, {_amount(cost.gb_predictions)} GB of predictions, "
        f"{_amount(cost.gb_weights)} of weights, {_amount(cost.gb_patches)} of patches: "
        f"{cost.how}; not counted: {cost.not_counted}",
    )


def _row(name: str, text: str) -> str:
    return f"{name:{WIDTH}s} {text}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _amount(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"
