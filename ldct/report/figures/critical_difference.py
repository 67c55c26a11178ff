"""Critical-difference diagrams (Demsar 2006), one row a metric."""

from __future__ import annotations

from typing import Any

from ldct.report.figures.style import Figure, colour, criterion, figure, interval, marker
from ldct.report.results import Results


def critical_difference(results: Results) -> Figure | None:
    """Mean rank of each loss over patients; bars join losses within the critical difference of each other."""
    tests = {(r["metric"], r["window"]): r for r in results.table("friedman", model=results.model)}
    columns = [c for c in results.criteria if c["primary"] and (c["metric"], c["window"]) in tests]
    ranks = [r for r in results.table("ranks", model=results.model) if r["mean_rank"] is not None]
    bars: dict[str, list[Any]] = {"x": [], "y": []}
    points: dict[str, list[tuple[int, dict[str, Any]]]] = {loss: [] for loss in results.losses}
    for y, c in enumerate(columns):
        mine = [r for r in ranks if (r["metric"], r["window"]) == (c["metric"], c["window"])]
        for row in mine:
            points[row["loss"]].append((y, row))
        width = tests[c["metric"], c["window"]]["critical_difference"]
        if width is None:
            continue
        for level, (low, high) in enumerate(joined([row["mean_rank"] for row in mine], width)):
            bars["x"] += [low, high, None]
            bars["y"] += [y + 0.2 + 0.08 * (level % 3)] * 2 + [None]
    if not any(points.values()):
        return None
    grey = {"color": "#9ca3af", "width": 4}
    data: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "name": "not separated", "line": grey, "hoverinfo": "skip", **bars}
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


def joined(mean_ranks: list[float], width: float) -> list[tuple[float, float]]:
    """Longest runs of at least two mean ranks that all lie within `width` of each other."""
    order = sorted(mean_ranks)
    found: list[tuple[int, int]] = []
    for first, low in enumerate(order):
        last = max(i for i, high in enumerate(order) if high - low <= width)
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return [(order[first], order[last]) for first, last in found]
