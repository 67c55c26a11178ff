"""The losses against the reference in each group of patients, such as real and synthetic ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ldct.statistics.arrays import number
from ldct.statistics.evidence import ask
from ldct.statistics.inference.contrasts import contrasts, reference_weights
from ldct.statistics.inference.sample import Sample
from ldct.statistics.policy import Policy

Row = dict[str, Any]
_DRAWS = 2000


def against_reference(
    values: Iterable[Mapping[str, Any]],
    groups: Mapping[str, str],
    losses: Sequence[str],
    reference: str,
    policy: Policy,
    margin: float | None,
    questions: int = 1,
) -> list[Row]:
    """Each loss minus the reference by one criterion, in each group: rows as those of CONTRASTS, with `group`.

    values: RUN_VALUES rows of the criterion; of several networks their mean, where all have a value. groups: patient ->
    group. margin: within what losses are the same, in goodness; None for no such verdict. A group has no easier
    test than all patients together: `questions` is how many criteria the family of these has, and every group has its
    share of the level too.
    """
    rows = [row for row in values if row["patient"] in groups and row["loss"] in losses]
    models = sorted({row["model"] for row in rows})
    seeds = sorted({row["seed"] for row in rows})
    fold_of = {row["patient"]: row["fold"] for row in rows}
    present = [loss for loss in losses if any(row["loss"] == loss for row in rows)]
    if reference not in present or len(present) < 2:
        return []
    names = sorted(set(groups.values()))
    shared = policy.shared_by(len(names) * questions)
    others = [loss for loss in present if loss != reference]
    out: list[Row] = []
    for group in names:
        patients = sorted(patient for patient in fold_of if groups[patient] == group)
        if not patients:
            continue
        place = {patient: i for i, patient in enumerate(patients)}
        good = np.full((len(models), len(present), len(seeds), len(patients)), np.nan)
        for row in rows:
            if row["patient"] in place:
                at = models.index(row["model"]), present.index(row["loss"]), seeds.index(row["seed"])
                good[*at, place[row["patient"]]] = row["goodness"]
        sample = Sample(good.mean(0)[None], np.array([fold_of[patient] for patient in patients]))
        results = contrasts(sample, reference_weights(len(present), present.index(reference)))
        within = np.array([np.nan if margin is None else margin])
        question = ask(results, within, _DRAWS, np.random.default_rng(0))
        low, high = results.interval(1 - policy.alpha)
        for j, loss in enumerate(others):
            evidence = question.evidence(0, j)
            answer = shared.compare(evidence)
            out.append(
                {
                    "group": group,
                    "loss": loss,
                    "difference": number(evidence.estimate),
                    "difference_low": number(low[0, j]),
                    "difference_high": number(high[0, j]),
                    "verdict": answer.verdict,
                    "reason": answer.why,
                    "patients": evidence.patients,
                    "folds": evidence.folds,
                    "runs": evidence.runs,
                }
            )
    return out
