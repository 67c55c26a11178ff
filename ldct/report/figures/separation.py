"""Which losses are told apart, one row a metric; drawn as Demsar (2006) draws critical differences."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from ldct.report.figures.style import Figure, colour, criterion, figure, interval, marker
from ldct.report.results import Results
from ldct.statistics.policy import Verdict


def separation(results: Results) -> Figure | None:
    """Mean rank of each loss over patients; bars join losses of which no two are told apart."""
    apart: dict[tuple[str, str], set[frozenset[str]]] = {}
    for row in results.table("posthoc", model=results.model):
        told = apart.setdefault((row["metric"], row["window"]), set())
        if row["verdict"] in (Verdict.BETTER, Verdict.WORSE):
            told.add(frozenset((row["loss_a"], row["loss_b"])))
    columns = [c for c in results.criteria if c["primary"] and (c["metric"], c["window"]) in apart]
    ranks = [r for r in results.table("ranks", model=results.model) if r["mean_rank"] is not None]
    bars: dict[str, list[Any]] = {"x": [], "y": []}
    points: dict[str, list[tuple[int, dict[str, Any]]]] = {loss: [] for loss in results.losses}
    for y, c in enumerate(columns):
        mine = [r for r in ranks if (r["metric"], r["window"]) == (c["metric"], c["window"])]
        for row in mine:
            points[row["loss"]].append((y, row))
        places = {row["loss"]: row["mean_rank"] for row in mine}
        for level, (low, high) in enumerate(joined(places, apart[c["metric"], c["window"]])):
            bars["x"] += [low, high, None]
            bars["y"] += [y + 0.2 + 0.08 * (level % 3)] * 2 + [None]
    if not any(points.values()):
        return None
    grey = {"color": "#9ca3af", "width": 4}
    data: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "name": "not told apart", "line": grey, "hoverinfo": "skip", **bars}
    ]
    for loss, found in points.items():
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": results.label(loss),
                "x": [row["mean_rank"] for _, row in found],
                "y": [y for y, _ in found],
                "marker": {
                    "symbol": marker(results.losses, loss),
                    "size": 10,
                    "color": colour(results.losses, loss),
                },
                "hovertext": [
                    f"<b>{results.label(loss)}</b>, {criterion(columns[y])}<br>mean rank {interval(row, 'mean_rank')}"
                    for y, row in found
                ],
                "hoverinfo": "text",
            }
        )
    names = {"tickvals": list(range(len(columns))), "ticktext": [criterion(c) for c in columns]}
    return figure(
        data,
        height=130 + 34 * len(columns),
        margin={"l": 130, "r": 20, "t": 60, "b": 50},
        xaxis={"title": {"text": "mean rank (1 is best)"}, "gridcolor": "#eef0f3", "zeroline": False},
        yaxis={**names, "range": [len(columns) - 0.3, -0.6], "gridcolor": "#eef0f3", "zeroline": False},
        legend={"orientation": "h", "y": 1, "yanchor": "bottom"},
    )


def joined(mean_ranks: Mapping[str, float], apart: Set[frozenset[str]]) -> list[tuple[float, float]]:
    """First and last mean rank of the longest runs of at least two losses of which no two are `apart`."""
    order = sorted(mean_ranks, key=lambda loss: mean_ranks[loss])
    found: list[tuple[int, int]] = []
    for first in range(len(order)):
        last = first
        while last + 1 < len(order) and not any(
            frozenset((one, order[last + 1])) in apart for one in order[first : last + 1]
        ):
            last += 1
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return [(mean_ranks[order[first]], mean_ranks[order[last]]) for first, last in found]
