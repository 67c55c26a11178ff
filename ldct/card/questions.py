"""Which questions of the report a design can answer, by the thresholds of its statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldct.card.model import Question
from ldct.metrics.declared import METRICS
from ldct.statistics.policy import Evidence, Policy
from ldct.statistics.policy.thresholds import (
    LEAST_EPOCHS,
    LEAST_FOLDS_AS_REPLICATES,
    LEAST_JUDGES,
    LEAST_LOSSES,
    LEAST_RUN_FREEDOM,
)

if TYPE_CHECKING:
    from ldct.stages.check import Check

Lack = tuple[str, str]
NOTHING: Lack = ("", "")


def questions(spec: Check.Spec) -> tuple[Question, ...]:
    """The questions of the report, each with what this design lacks for it and what would change that.

    All patients are taken for usable: what is rejected when it is read can only take answers away.
    """
    sample, asked, judged = _sample(spec), spec.asked, spec.judged
    order = sample if sample[0] else _order(spec)
    return (
        _question("Which losses are better than others, by each metric?", sample),
        _question("Do the metrics agree on the order of the losses?", order),
        _question("Is the order the same in other folds?", order if order[0] else _folds(spec)),
        _question("How much do trainings differ by chance?", _least("seeds", len(spec.design.seeds), 2)),
        _question("Is the order the same with another network?", _least("models", len(spec.networks), 2)),
        _question(
            "Do the other metrics follow the loss over a training?",
            _least("training.checkpoints", len(spec.budget.checkpoints), LEAST_EPOCHS),
        ),
        _question("Is the proposed loss better at equal fidelity?", _proposal(spec, sample)),
        _question(
            "Does noise keep its texture, do edges stay sharp?",
            _present("evaluation.metrics", any(METRICS.of(name).family == "physics" for name in judged.metrics)),
        ),
        _question("Do lesions stay visible?", _present("lesions.per_patient", asked.lesions)),
        _question("Which metrics follow radiologists?", _present("readers.key", asked.readers)),
    )


def _question(text: str, lack: Lack) -> Question:
    return Question(question=text, missing=lack[0], remedy=lack[1])


def _sample(spec: Check.Spec) -> Lack:
    """What the policy would say of any comparison of two losses."""
    if len(spec.losses) < 2:
        return "one loss", "a second loss in `losses`"
    seeds, folds = len(spec.design.seeds), spec.design.folds
    told_apart = (seeds - 1) * folds >= LEAST_RUN_FREEDOM if seeds > 1 else folds >= LEAST_FOLDS_AS_REPLICATES
    evidence = Evidence(
        estimate=1.0,
        p=1.0,
        p_same=1.0,
        patients=spec.design.persons or spec.design.patients,
        folds=folds,
        runs=seeds * folds,
        least_runs=seeds,
        answered=told_apart,
    )
    none = Policy().minimum(evidence)
    return (str(none.reason), none.remedy) if none else NOTHING


def _order(spec: Check.Spec) -> Lack:
    losses = _least("losses", len(spec.losses), LEAST_LOSSES)
    return losses if losses[0] else _least("evaluation.metrics", len(spec.judged.metrics), LEAST_JUDGES)


def _folds(spec: Check.Spec) -> Lack:
    return _least("cohort.folds", spec.design.folds, LEAST_FOLDS_AS_REPLICATES)


def _proposal(spec: Check.Spec, sample: Lack) -> Lack:
    if spec.asked.candidate_loss is None:
        return "statistics.candidate_loss names none", "name the proposed loss there"
    if "rmse" not in spec.judged.metrics:
        return "no rmse among evaluation.metrics", "add it: fidelity is judged by it"
    return sample


def _least(what: str, count: int, least: int) -> Lack:
    return NOTHING if count >= least else (f"{what}: {count}", f"it takes at least {least}")


def _present(key: str, is_there: bool) -> Lack:
    return NOTHING if is_there else (f"{key} asks for none", f"give {key}")
