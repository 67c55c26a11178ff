"""Levels of the losses in each study, and differences between studies of what a loss does."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import number
from ldct.statistics.bootstrap import interval
from ldct.statistics.comparison.pair import Drawn, Pair
from ldct.statistics.ranks import ranks
from ldct.statistics.wilcoxon import holm

Row = dict[str, Any]


def level_rows(side: Drawn, confidence: float) -> list[Row]:
    """LEVELS rows of one study of a pair; the mean is that of the study's own table."""
    study = side.study
    own = {
        (row["loss"], row["metric"], row["window"]): row
        for row in study.tables["loss_values"]
        if row["model"] == study.network
    }
    gain_low, gain_high = interval(side.gain_draws, side.clusters, confidence)
    place, (place_low, place_high) = ranks(side.level), interval(ranks(side.draws), side.clusters, confidence)
    rows = []
    for c, (metric, window) in enumerate(study.criteria):
        for i, loss in enumerate(study.losses):
            row = own.get((loss, metric, window), {})
            rows.append(
                {"study": study.name, "loss": loss, "metric": metric, "window": window}
                | {name: row.get(name) for name in ("mean", "mean_low", "mean_high")}
                | _with_interval("gain", side.gain[c, i], gain_low[c, i], gain_high[c, i])
                | _with_interval("place", place[c, i], place_low[c, i], place_high[c, i])
                | {"patients": len(study.patients)}
            )
    return rows


def effect_rows(pair: Pair, reference: str) -> list[Row]:
    """EFFECTS rows: gains over the low-dose input, and contrasts with the reference loss where both studies have it."""
    kinds = [("gain", pair.losses, pair.a.gain_draws, pair.b.gain_draws, pair.a.gain, pair.b.gain)]
    if reference in pair.losses:
        at = pair.losses.index(reference)
        others = [i for i in range(len(pair.losses)) if i != at]
        a, b, level_a, level_b = (
            values[..., others] - values[..., [at]]
            for values in (pair.a.draws, pair.b.draws, pair.a.level, pair.b.level)
        )
        kinds.append(("contrast", [pair.losses[i] for i in others], a, b, level_a, level_b))
    rows: list[Row] = []
    for kind, losses, a, b, value_a, value_b in kinds:
        value, low, high, p = pair.difference(a, b, value_a, value_b)
        adjusted = holm(p.ravel()).reshape(p.shape)
        for c, (metric, window) in enumerate(pair.criteria):
            for i, loss in enumerate(losses):
                if not np.isfinite(p[c, i]):
                    continue
                verdict = pair.policy.effect(float(adjusted[c, i]), float(value[c, i]), pair.evidence).verdict
                rows.append(
                    {"a": pair.a.name, "b": pair.b.name, "effect": kind, "loss": loss}
                    | {"metric": metric, "window": window}
                    | _with_interval("difference", value[c, i], low[c, i], high[c, i])
                    | {"p": number(p[c, i]), "p_holm": number(adjusted[c, i]), "verdict": verdict}
                    | {"patients_a": len(pair.a.study.patients), "patients_b": len(pair.b.study.patients)}
                )
    return rows


def loss_pair_rows(pair: Pair) -> list[Row]:
    """PAIRS rows: which of two losses is better in each study, and whether the studies contradict each other.

    'reversed' asks for an interval on either side of 0 in both studies, which at one true order happens at most at
    half the intervals' error (an intersection-union test; Gail & Simon 1985, Biometrics 41:361).
    """
    rows: list[Row] = []
    first, second = np.triu_indices(len(pair.losses), 1)
    found = {}
    for name, side in (("in_a", pair.a), ("in_b", pair.b)):
        low, high = interval(side.draws[..., first] - side.draws[..., second], side.clusters, pair.confidence)
        found[name] = (side.level[:, first] - side.level[:, second], low, high)
    for c, (metric, window) in enumerate(pair.criteria):
        for i, (one, two) in enumerate(zip(first, second, strict=True)):
            row: Row = {"a": pair.a.name, "b": pair.b.name, "metric": metric, "window": window}
            row |= {"first": pair.losses[one], "second": pair.losses[two]}
            signs = []
            for name, (value, low, high) in found.items():
                row |= _with_interval(name, value[c, i], low[c, i], high[c, i])
                signs.append(pair.policy.side(low[c, i], high[c, i], 0.0, "more", "less", pair.evidence).verdict)
            row["verdict"] = pair.policy.orders(*signs)
            rows.append(row)
    return rows


def _with_interval(name: str, value: float, low: float, high: float) -> Row:
    return {name: number(value), f"{name}_low": number(low), f"{name}_high": number(high)}
