"""Levels of the losses in each study, and differences between studies of what a loss does."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import number
from ldct.statistics.bootstrap import interval
from ldct.statistics.comparison.pair import Drawn, Pair
from ldct.statistics.evidence import ask
from ldct.statistics.inference.contrasts import contrasts, gain_weights, pair_weights, reference_weights
from ldct.statistics.ranks import ranks

Row = dict[str, Any]


def level_rows(side: Drawn, confidence: float) -> list[Row]:
    """LEVELS rows of one study of a pair; the mean is that of the study's own table."""
    study = side.study
    own = {
        (row["loss"], row["metric"], row["window"]): row
        for row in study.tables["loss_values"]
        if row["model"] == study.network
    }
    gain = contrasts(side.over_low, gain_weights(len(study.losses)))
    gain_low, gain_high = gain.interval(confidence)
    place, (place_low, place_high) = ranks(side.level), interval(ranks(side.draws), side.clusters, confidence)
    rows = []
    for c, (metric, window) in enumerate(study.criteria):
        for i, loss in enumerate(study.losses):
            row = own.get((loss, metric, window), {})
            rows.append(
                {"study": study.name, "loss": loss, "metric": metric, "window": window}
                | {name: row.get(name) for name in ("mean", "mean_low", "mean_high")}
                | _with_interval("gain", gain.estimate[c, i], gain_low[c, i], gain_high[c, i])
                | _with_interval("place", place[c, i], place_low[c, i], place_high[c, i])
                | {"patients": len(study.patients)}
            )
    return rows


def effect_rows(pair: Pair, reference: str) -> list[Row]:
    """EFFECTS rows: gains over the low-dose input, and contrasts with the reference loss where both studies have it."""
    kinds = [("gain", pair.losses, pair.difference(gain_weights(len(pair.losses)), over_low=True))]
    if reference in pair.losses:
        at = pair.losses.index(reference)
        others = [loss for loss in pair.losses if loss != reference]
        kinds.append(("contrast", others, pair.difference(reference_weights(len(pair.losses), at))))
    rows: list[Row] = []
    for kind, losses, question in kinds:
        low, high = question.results.interval(pair.confidence)
        p = question.results.p()
        for c, (metric, window) in enumerate(pair.criteria):
            for i, loss in enumerate(losses):
                evidence = question.evidence(c, i)
                if not evidence.patients:
                    continue
                told = evidence.answered
                rows.append(
                    {"a": pair.a.name, "b": pair.b.name, "effect": kind, "loss": loss}
                    | {"metric": metric, "window": window}
                    | _with_interval("difference", evidence.estimate, low[c, i], high[c, i])
                    | {"p": number(p[c, i]) if told else None, "p_holm": number(evidence.p) if told else None}
                    | {"verdict": pair.policy.effect(evidence).verdict}
                    | {"patients_a": len(pair.a.study.patients), "patients_b": len(pair.b.study.patients)}
                )
    return rows


def loss_pair_rows(pair: Pair) -> list[Row]:
    """PAIRS rows: which of two losses is better in each study, and whether the studies contradict each other.

    'reversed' asks for a verdict in both studies, each corrected over its pairs and criteria, which at one true order
    happens at most at half their level (an intersection-union test; Gail & Simon 1985, Biometrics 41:361).
    """
    weights = pair_weights(len(pair.losses))
    sides = []
    for name, side in (("in_a", pair.a), ("in_b", pair.b)):
        results = contrasts(side.sample, weights)
        rng = pair.settings.rng("compare pairs", side.name, name)
        question = ask(results, np.zeros(len(pair.criteria)), pair.settings.draws, rng)
        sides.append((name, question, *results.interval(pair.confidence)))
    rows: list[Row] = []
    for c, (metric, window) in enumerate(pair.criteria):
        for i, (one, two) in enumerate(zip(*np.triu_indices(len(pair.losses), 1), strict=True)):
            row: Row = {"a": pair.a.name, "b": pair.b.name, "metric": metric, "window": window}
            row |= {"first": pair.losses[one], "second": pair.losses[two]}
            signs = []
            for name, question, low, high in sides:
                evidence = question.evidence(c, i)
                row |= _with_interval(name, evidence.estimate, low[c, i], high[c, i])
                signs.append(pair.policy.compare(evidence).verdict)
            row["verdict"] = pair.policy.orders(*signs)
            rows.append(row)
    return rows


def _with_interval(name: str, value: float, low: float, high: float) -> Row:
    return {name: number(value), f"{name}_low": number(low), f"{name}_high": number(high)}
