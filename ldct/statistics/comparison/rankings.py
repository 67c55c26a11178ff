"""Whether two studies rank the losses alike, by each criterion and over all of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import number
from ldct.statistics.bootstrap import interval
from ldct.statistics.comparison.conclusions import mover
from ldct.statistics.comparison.pair import Drawn, Pair
from ldct.statistics.inference.common_order import LEAST_WORLDS, agreement, worlds
from ldct.statistics.policy.thresholds import LEAST_LOSSES
from ldct.statistics.ranks import of_one_mind, share_at_most, tau_b_matrix
from ldct.statistics.wilcoxon import holm

Row = dict[str, Any]


def ranking_rows(pair: Pair, pairs: list[Row]) -> list[Row]:
    """RANKINGS rows; `pairs` are the PAIRS rows of the same studies."""
    rows: list[Row] = []
    clusters = np.array([pair.a.clusters, pair.b.clusters])
    for c, (metric, window) in enumerate(pair.criteria):
        level = np.stack([pair.a.level[c], pair.b.level[c]])
        draws = np.stack([pair.a.draws[:, c], pair.b.draws[:, c]], 1)
        drawn = tau_b_matrix(draws)[:, 0, 1]
        tau = float(tau_b_matrix(level)[0, 1])
        low, high = interval(drawn, pair.clusters, pair.confidence)
        row: Row = {"a": pair.a.name, "b": pair.b.name, "metric": metric, "window": window}
        row |= {"primary": pair.is_primary((metric, window)), "losses": len(pair.losses)}
        row |= {"tau": number(tau), "tau_low": number(low), "tau_high": number(high)}
        if (level.std(1) > 0).all() and len(pair.losses) >= LEAST_LOSSES and pair.clusters > 1:
            same = tau_b_matrix(of_one_mind(level, draws, clusters))[:, 0, 1]
            row |= {"tau_if_same": number(np.nanmean(same)), "p_same": share_at_most(same, tau)}
        row |= {name: pair.losses[int(np.argmax(side.level[c]))] for name, side in _sides(pair)}
        rows.append(row)
    for row, p in zip(rows, holm(np.array([row.get("p_same") or np.nan for row in rows])), strict=True):
        row["p_holm"] = number(p)
        row["verdict"] = pair.policy.rankings(float(p), row["tau_low"], pair.evidence).verdict
        row["best"] = _best(row, pairs)
        row["sentence"] = _sentence(row, pairs, pair.confidence)
    return rows


def _sides(pair: Pair) -> tuple[tuple[str, Drawn], tuple[str, Drawn]]:
    return ("best_a", pair.a), ("best_b", pair.b)


def _best(row: Row, pairs: list[Row]) -> str:
    if row["best_a"] == row["best_b"]:
        return "same"
    both = {row["best_a"], row["best_b"]}
    return next(
        "differ" if found["verdict"] == "reversed" else "cannot tell"
        for found in pairs
        if {found["first"], found["second"]} == both
        and (found["metric"], found["window"]) == (row["metric"], row["window"])
    )


def _sentence(row: Row, pairs: list[Row], confidence: float) -> str:
    ends = "" if row["tau_low"] is None else f" ({100 * confidence:g} % interval {_show(row, 'tau')})"
    found = "tau-b is unknown" if row["tau"] is None else f"tau-b is {row['tau']:.2f}{ends}"
    if row["verdict"] == "differ":
        turned = [
            _better(one)
            for one in pairs
            if one["verdict"] == "reversed" and (one["metric"], one["window"]) == (row["metric"], row["window"])
        ]
        named = f"; surely turned round: {'; '.join(turned)}" if turned else ""
        same = f"the same true order would give {row['tau_if_same']:.2f} here"
        return f"The studies rank the losses differently: {found}; {same}{named}."
    if row["verdict"] == "alike":
        return f"The studies rank the losses alike: {found}."
    if row.get("tau_if_same") is None:
        return f"Cannot tell: {found}; it takes three losses and several patients and trainings in each study."
    return f"Cannot tell: {found}; the same true order would give {row['tau_if_same']:.2f} here, by noise alone."


def _better(one: Row) -> str:
    names = (one["first"], one["second"]) if one["in_a"] > 0 else (one["second"], one["first"])
    return f"{names[0]} is better than {names[1]} in {one['a']} and worse in {one['b']}"


def _show(row: Row, name: str) -> str:
    return f"{row[f'{name}_low']:.2f} to {row[f'{name}_high']:.2f}"


def agreement_row(pair: Pair) -> Row:
    """AGREEMENT row: how far the shared criteria of the primary windows that have a vote agree in each study."""
    chosen = [c for c, key in enumerate(pair.criteria) if pair.votes(key)]
    row: Row = {"a": pair.a.name, "b": pair.b.name, "criteria": len(chosen), "losses": len(pair.losses)}
    row["verdict"] = "cannot tell"
    if len(chosen) < 2 or len(pair.losses) < LEAST_LOSSES:
        return row | {"note": "it takes two shared metrics of the primary window and three shared losses"}
    found = []
    for name, side in (("a", pair.a), ("b", pair.b)):
        families = [side.study.criteria[pair.criteria[c]]["family"] for c in chosen]
        rng = pair.settings.rng("compare worlds", side.name, name)
        world = worlds(side.sample.of(chosen), families, max(2 * pair.settings.draws, LEAST_WORLDS), rng)
        found.append(agreement(world, [np.array([c]) for c in range(len(chosen))], pair.confidence))
        w = found[-1].w
        row |= {f"w_{name}": number(w.value), f"w_{name}_low": number(w.low), f"w_{name}_high": number(w.high)}
        row[f"w_if_agreed_{name}"] = number(found[-1].ceiling)
    ends = [{"effect": row[f"w_{n}"], "effect_low": row[f"w_{n}_low"], "effect_high": row[f"w_{n}_high"]} for n in "ab"]
    row["difference"], row["difference_low"], row["difference_high"] = mover(*ends)
    # Noise lowers W: a difference that is gone once each W is taken against its own ceiling is one of noise.
    a, b = (one.w.value / one.ceiling for one in found)
    if row["difference"] is not None and np.sign(b - a) == np.sign(row["difference"]):
        ends = row["difference_low"], row["difference_high"]
        row["verdict"] = pair.policy.side(*ends, 0.0, "more in b", "less in b", pair.evidence).verdict
    return row
