"""Each loss against the low dose, the filters and the reference loss, lesion by lesion, on the one engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ldct.lesions.declared import direction, is_auc
from ldct.orientation import goodness
from ldct.statistics.arrays import number
from ldct.statistics.bootstrap import means_over_patients
from ldct.statistics.evidence import ask_by_holm
from ldct.statistics.inference.contrasts import Contrasts, contrasts, gain_weights, reference_weights
from ldct.statistics.inference.sample import Sample, paired_means
from ldct.statistics.policy import Policy
from ldct.tables.lesions import REAL

ANCHOR, LOW = "anchor", "low_dose"
# Kinds of lesions, measure, loss.
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Lesions:
    """Goodness of measures by lesion. Axes: C (kinds, measure), L losses or A anchors, S seeds, I lesions."""

    criteria: list[tuple[str, str]]
    losses: list[str]
    good: np.ndarray  # (C, L, S, I)
    anchors: dict[str, np.ndarray]  # (C, I) each
    patient_of: np.ndarray  # (I,)
    fold_of: np.ndarray  # (P,)

    def against(self, other: str, reference: str) -> tuple[list[str], Contrasts, np.ndarray] | None:
        """Losses, contrasts with `other`, and lesions of each (C, L) that both have; None where it has no values."""
        if other in self.anchors:
            # Each lesion by itself first: +20 % of one does not excuse -20 % of another.
            gain = self.good - self.anchors[other][:, None, None]
            means = means_over_patients(gain, self.patient_of, len(self.fold_of))
            sample = Sample(np.concatenate([means, np.zeros_like(means[:, :1])], 1), self.fold_of)
            return self.losses, contrasts(sample, gain_weights(len(self.losses))), np.isfinite(gain).any(2).sum(-1)
        if other != reference or other not in self.losses or len(self.losses) < 2:
            return None
        at = self.losses.index(other)
        rest = [i for i in range(len(self.losses)) if i != at]
        sample = Sample(paired_means(self.good, self.patient_of, len(self.fold_of)), self.fold_of)
        known = np.asarray(np.isfinite(self.good).any(2))
        results = contrasts(sample, reference_weights(len(self.losses), at))
        return [self.losses[i] for i in rest], results, (known[:, rest] & known[:, [at]]).sum(-1)


def comparisons(
    table: pd.DataFrame, losses: Sequence[str], bars: Sequence[str], reference: str, policy: Policy
) -> dict[Key, list[dict[str, Any]]]:
    """CONSPICUITY columns of every comparison, by what is compared; `table` holds VALUES rows of one network or more.

    What a loss is compared with makes a question, and Holm's correction is over its losses and measures. AUC says what
    d' says, under a ceiling, and is not tested.
    """
    tested = ~table["metric"].map(is_auc).astype(bool)
    found: dict[Key, list[dict[str, Any]]] = {}
    for told, part in ((True, table[tested]), (False, table[~tested])):
        lesions = _lesions(part, losses, bars)
        for other in dict.fromkeys((*bars, reference)):
            asked = lesions.against(other, reference) if lesions is not None else None
            for key, columns in _columns(lesions, asked, policy, told=told):
                found.setdefault(key, []).append({"against": other, **columns})
    return found


def _columns(
    lesions: Lesions | None, asked: tuple[list[str], Contrasts, np.ndarray] | None, policy: Policy, *, told: bool
) -> Iterator[tuple[Key, dict[str, Any]]]:
    if lesions is None or asked is None:
        return
    losses, results, count = asked
    question = ask_by_holm(results)
    low, high = results.interval(1 - policy.alpha)
    p = results.p()
    for c, (kinds, metric) in enumerate(lesions.criteria):
        for j, loss in enumerate(losses):
            evidence = question.evidence(c, j)
            if not np.isfinite(lesions.good[c, lesions.losses.index(loss)]).any():
                continue
            row: dict[str, Any] = {
                "difference": number(evidence.estimate),
                "difference_low": number(low[c, j]),
                "difference_high": number(high[c, j]),
                "patients": evidence.patients,
                "folds": evidence.folds,
                "runs": evidence.runs,
                "lesions": int(count[c, j]),
            }
            if told:
                answer = policy.compare(evidence)
                row |= {"verdict": answer.verdict, "reason": answer.why}
                row |= {"p": float(p[c, j]), "p_holm": evidence.p} if evidence.answered else {}
            else:
                row["note"] = "not tested: d' says the same without a ceiling"
            yield (kinds, metric, loss), row


def kinds_of(table: pd.DataFrame) -> pd.Series:
    """'real' for tumours, else 'inserted'."""
    return pd.Series(np.where(table["kind"] == REAL, "real", "inserted"), table.index)


def _lesions(table: pd.DataFrame, losses: Sequence[str], bars: Sequence[str]) -> Lesions | None:
    """Arrays of VALUES rows; a mean over networks stands only on what every network has."""
    table = table.assign(
        criterion=pd.Series(list(zip(kinds_of(table), table["metric"], strict=True)), table.index),
        place=pd.Series(list(zip(table["patient"], table["lesion"], strict=True)), table.index),
    )
    trained = table[table["model"] != ANCHOR]
    present = [loss for loss in losses if (trained["loss"] == loss).any()]
    if not present:
        return None
    criteria, places = sorted(set(table["criterion"])), sorted(set(table["place"]))
    patients = sorted(set(table["patient"]))
    fold_of = table.groupby("patient")["fold"].first()
    networks, seeds = sorted(set(trained["model"])), sorted(set(trained["seed"]))

    def filled(rows: pd.DataFrame, axes: dict[str, Sequence]) -> np.ndarray:
        values = np.full([len(axis) for axis in axes.values()], np.nan)
        at = [rows[name].map({one: i for i, one in enumerate(axis)}).to_numpy(int) for name, axis in axes.items()]
        values[tuple(at)] = rows["value"].to_numpy(float)
        return np.stack([goodness(values[c], direction(metric)) for c, (_, metric) in enumerate(criteria)])

    axes = {"criterion": criteria, "model": networks, "loss": present, "seed": seeds, "place": places}
    own = filled(trained[trained["loss"].isin(present)], axes)
    anchors = table[table["model"] == ANCHOR]
    return Lesions(
        criteria=criteria,
        losses=present,
        good=own.mean(1),
        anchors={
            name: filled(anchors[anchors["loss"] == name], {"criterion": criteria, "place": places})
            for name in bars
            if (anchors["loss"] == name).any()
        },
        patient_of=np.array([patients.index(patient) for patient, _ in places]),
        fold_of=np.array([int(fold_of[patient]) for patient in patients]),
    )
