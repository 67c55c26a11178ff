"""Trainings that were not all made alike: other versions, processors or precisions within one comparison."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from ldct.report.conclusions.finding import Finding, listed
from ldct.report.results import Results, Row

# What changes the numbers of a training, as run.json has it, and what a reader calls it.
SHAPES = {
    "torch": "torch",
    "device": "device",
    "processor": "processor or card",
    "precision": "precision",
    "cuda": "CUDA",
    "threads": "threads",
}


def mixture(results: Results) -> list[Finding]:
    """One finding where trainings differ in what computed them; it is bad where losses do not share that alike."""
    made = [{**run, **run["made_with"]} for run in results.runs if "made_with" in run]
    mixed = {key: name for key, name in SHAPES.items() if len({str(run[key]) for run in made}) > 1}
    if not mixed:
        return []
    apart = [key for key in mixed if _unlike(made, key)]
    points = tuple(f"{name}: {_counts(results, made, key)}." for key, name in mixed.items())
    if apart:
        which = listed(mixed[key] for key in apart)
        text = (
            f"Losses differ in {which} too, so that a difference between them may come from there. "
            "Train them alike to tell: remove the results of the trainings that stand out and run again."
        )
    else:
        text = "Every loss has its share of each, so that this adds to the chance of trainings and favours none."
    return [Finding("Trainings were not made alike", text, "bad" if apart else "open", points)]


def _unlike(made: list[Row], key: str) -> bool:
    """Whether losses were made with it in unequal numbers."""
    return len({tuple(sorted(counts.items())) for counts in _by_loss(made, key).values()}) > 1


def _by_loss(made: list[Row], key: str) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for run in made:
        counts[run["loss"]][str(run[key])] += 1
    return counts


def _counts(results: Results, made: list[Row], key: str) -> str:
    """'2.10 for 4 trainings (MSE), 2.11 for 8 (L1, edge)'."""
    losses: dict[str, Any] = defaultdict(Counter)
    for run in made:
        losses[str(run[key])][results.label(run["loss"])] += 1
    parts = []
    for value, labels in sorted(losses.items()):
        noun = "trainings " if not parts else ""
        parts.append(f"{value} for {labels.total()} {noun}({', '.join(labels)})")
    return ", ".join(parts)
