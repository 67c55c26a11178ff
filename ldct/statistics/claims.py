"""What a claim is, and how it is answered: effect, interval, verdict, patients needed, one plain sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ldct.statistics.arrays import number
from ldct.statistics.bootstrap import interval
from ldct.statistics.policy import Evidence, Reason
from ldct.statistics.power import SIZES, fewest, verdict_power
from ldct.statistics.settings import Settings

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One reading of a claim of the paper for one network.

    `statistic` maps patient weights (draws, patients) to the effect of each draw, None where it cannot be had;
    `draws` holds the effect in the draws its interval comes from, `clusters` how many units they resample at least.
    """

    claim: str
    part: str
    statement: str
    measure: str
    threshold: float
    supported_if: str
    says: str
    denies: str
    statistic: Callable[[np.ndarray], np.ndarray] | None
    draws: np.ndarray | None
    patients: int
    clusters: int
    why_not: str
    # Spread of the effect between runs, which more patients do not lessen.
    run_sd: float = 0.0
    # A reason why an effect on the supporting side would not support the claim.
    doubt: str | None = None
    # What the claim stands on, where the engine answers it; and its interval, where it is not that of the draws.
    evidence: Evidence | None = None
    ends: tuple[float, float] | None = None


def weighted_means(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted means over patients of `values` (..., P), NaN left out, weights (draws, P): (draws, ...)."""
    finite = np.isfinite(values)
    flat = np.where(finite, values, 0.0).reshape(-1, values.shape[-1])
    known = finite.reshape(flat.shape).astype(float)
    count = weights @ known.T
    mean = np.divide(weights @ flat.T, count, out=np.full(count.shape, np.nan), where=count > 0)
    return mean.reshape(len(weights), *values.shape[:-1])


def answer(claim: Claim, model: str, settings: Settings) -> tuple[Row, dict[int, float]]:
    """HYPOTHESES row of a claim, and its power by number of patients."""
    row: Row = {
        "claim": claim.claim,
        "part": claim.part,
        "model": model,
        "statement": claim.statement,
        "measure": claim.measure,
        "threshold": claim.threshold,
        "supported_if": claim.supported_if,
        "patients": claim.patients,
        "verdict": "cannot tell",
    }
    if claim.statistic is None or claim.draws is None:
        return row | {"sentence": f"Cannot tell: {claim.why_not}.", "reason": claim.why_not}, {}
    n = claim.patients
    effect = float(claim.statistic(np.ones((1, n)))[0])
    low, high = claim.ends or (float(end) for end in interval(claim.draws, claim.clusters, settings.confidence))
    answer = settings.policy.claim(low, high, claim.threshold, claim.supported_if == "above", evidence_of(claim))
    row["verdict"] = answer.verdict
    if row["verdict"] == "supported" and claim.doubt:
        row["verdict"] = "cannot tell"
    row["reason"] = answer.why if answer.why else claim.doubt if row["verdict"] == "cannot tell" and claim.doubt else ""
    row |= {"effect": number(effect), "effect_low": number(low), "effect_high": number(high)}
    # From two patients their spread is hardly known, and a number of patients made from it would mislead.
    power: dict[int, float] = {}
    if n > 2:
        rng = settings.rng("power", claim.claim, claim.part, model)
        power = verdict_power(claim.statistic, n, claim.threshold, settings.confidence, rng, claim.run_sd)
    row["patients_needed"] = fewest(power)
    return row | {"sentence": _sentence(claim, row, settings)}, power


def evidence_of(claim: Claim) -> Evidence:
    """What the claim stands on; of courses of training, whose draws hold patients and runs, the patients alone."""
    return claim.evidence or Evidence(
        estimate=0.0, p=1.0, p_same=1.0, patients=claim.patients, folds=1, runs=1, least_runs=1, answered=True
    )


def _sentence(claim: Claim, row: Row, settings: Settings) -> str:
    level = f"{100 * settings.confidence:g} %"
    ends = f"{_show(row['effect_low'])} to {_show(row['effect_high'])}"
    found = f"{claim.measure} is {_show(row['effect'])} ({level} interval {ends}, {claim.patients} patients)"
    if row["verdict"] == "supported":
        return f"Supported: {claim.says}; {found}."
    if row["verdict"] == "contradicted":
        return f"Contradicted: {claim.denies}; {found}."
    outside = row["effect_low"] is not None and not row["effect_low"] <= claim.threshold <= row["effect_high"]
    none = settings.policy.minimum(evidence_of(claim))
    if none is not None and none.reason == Reason.PATIENTS:
        reason = f"{claim.patients} patients are too few for any verdict (at least {settings.policy.least_patients})"
    elif none is not None:
        return f"Cannot tell: {found}; {none.why}."
    elif row["effect_low"] is None:
        reason = "there are too few runs for an interval"
    elif outside and claim.doubt:
        return f"Cannot tell: {found}; {claim.doubt}."
    else:
        reason = f"the interval contains {_show(claim.threshold)}"
    return f"Cannot tell: {found}; {reason}; {_enough(claim, row['patients_needed'])}."


def _enough(claim: Claim, needed: int | None) -> str:
    if claim.patients < 3:
        return "how many would do cannot be said from so few"
    if needed is None:
        more = "more seeds are needed" if claim.run_sd > 0 else "the effect is too near that value"
        return f"not even {SIZES[-1]} patients like these would do: {more}"
    if needed <= claim.patients:
        return "another study of this size would probably tell"
    return f"about {needed} patients like these would do"


def _show(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"
