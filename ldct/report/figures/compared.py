"""Figures of a comparison of studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ldct.report.figures.style import COLOURS, MARKERS, Figure, criterion, figure, heatmap, interval, number

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]


def figures(rows: Rows, labels: Mapping[str, str]) -> dict[str, Figure | None]:
    """Figures by name; None where there is nothing to draw. `labels` gives metrics as readers write them."""
    pairs = list(dict.fromkeys((row["a"], row["b"]) for row in rows["rankings"]))
    found: dict[str, Figure | None] = {"tau": tau(rows, pairs, labels)}
    for index, pair in enumerate(pairs):
        found[f"places_{index}"] = places(rows, pair, labels)
        found[f"gains_{index}"] = gains(rows, pair, labels)
    return found


def _names(rows: Sequence[Row], labels: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Criteria of the rows, in their order, as axes name them."""
    return {
        (row["metric"], row["window"]): criterion({**row, "label": labels.get(row["metric"], row["metric"])})
        for row in rows
    }


def tau(rows: Rows, pairs: Sequence[tuple[str, str]], labels: Mapping[str, str]) -> Figure | None:
    """Kendall's tau-b between studies by criterion with intervals; open diamonds for what one true order would give."""
    data: list[dict[str, Any]] = []
    names = _names(rows["rankings"], labels)
    for index, (a, b) in enumerate(pairs):
        mine = [row for row in rows["rankings"] if (row["a"], row["b"]) == (a, b) and row["tau"] is not None]
        shift = 0.16 * (index - (len(pairs) - 1) / 2)
        at = {key: place for place, key in enumerate(names)}
        y = [at[row["metric"], row["window"]] + shift for row in mine]
        shade = COLOURS[index % len(COLOURS)]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": f"{a} and {b}",
                "x": [row["tau"] for row in mine],
                "y": y,
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [
                        (row["tau"] if row["tau_high"] is None else row["tau_high"]) - row["tau"] for row in mine
                    ],
                    "arrayminus": [
                        row["tau"] - (row["tau"] if row["tau_low"] is None else row["tau_low"]) for row in mine
                    ],
                },
                "marker": {"color": shade, "symbol": MARKERS[index % len(MARKERS)], "size": 9},
                "hovertext": [
                    f"<b>{names[row['metric'], row['window']]}</b><br>tau-b {interval(row, 'tau', 2)}: {row['verdict']}"
                    f"<br>one true order would give {number(row['tau_if_same'], 2)}; p {number(row['p_same'], 2)}"
                    for row in mine
                ],
                "hoverinfo": "text",
            }
        )
        same = [
            (row["tau_if_same"], place) for row, place in zip(mine, y, strict=True) if row["tau_if_same"] is not None
        ]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "if the true order were one" if len(pairs) == 1 else f"{a} and {b}, if one true order",
                "x": [value for value, _ in same],
                "y": [place for _, place in same],
                "marker": {"color": shade, "symbol": "diamond-open", "size": 10, "line": {"width": 2}},
                "hoverinfo": "skip",
            }
        )
    if not any(trace["x"] for trace in data):
        return None
    return figure(
        data,
        height=140 + 30 * len(names) * max(1, len(pairs) // 2),
        margin={"l": 130, "r": 20, "t": 60, "b": 50},
        xaxis={
            "range": [-1.05, 1.05],
            "title": {"text": "tau-b between the studies' rankings"},
            "gridcolor": "#eef0f3",
        },
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": list(names.values()),
            "range": [len(names) - 0.4, -0.6],
            "gridcolor": "#eef0f3",
        },
        legend={"orientation": "h", "y": 1, "yanchor": "bottom"},
    )


def places(rows: Rows, pair: tuple[str, str], labels: Mapping[str, str]) -> Figure | None:
    """Places that each loss gains from study a to study b, by criterion."""
    mine = [row for row in rows["rankings"] if (row["a"], row["b"]) == pair]
    losses = _losses(rows, pair)
    found = {(row["study"], row["loss"], row["metric"], row["window"]): row for row in rows["levels"]}

    def cell(loss: str, key: tuple[str, str]) -> tuple[float | None, str, str]:
        one, two = (found.get((study, loss, *key)) for study in pair)
        if one is None or two is None:
            return None, "", "no value"
        text = "<br>".join(
            f"{study}: place {interval(row, 'place', 2)}" for study, row in zip(pair, (one, two), strict=True)
        )
        return one["place"] - two["place"], f"{one['place']:g} → {two['place']:g}", text

    return _heatmap(mine, losses, labels, cell, "places gained", max(len(losses) - 1, 1))


def gains(rows: Rows, pair: tuple[str, str], labels: Mapping[str, str]) -> Figure | None:
    """Difference between studies of each loss's gain over its low-dose input, in half widths of its interval."""
    mine = [row for row in rows["effects"] if (row["a"], row["b"]) == pair and row["effect"] == "gain"]
    found = {(row["loss"], row["metric"], row["window"]): row for row in mine}
    mark = {"larger in b": "▲", "smaller in b": "▼", "cannot tell": ""}

    def cell(loss: str, key: tuple[str, str]) -> tuple[float | None, str, str]:
        row = found.get((loss, *key))
        if row is None:
            return None, "", "no value"
        half = (row["difference_high"] - row["difference_low"]) / 2
        text = (
            f"gain in {pair[1]} minus gain in {pair[0]}: {interval(row, 'difference')}"
            f"<br>p after Holm {number(row['p_holm'], 2)}: {row['verdict'].replace(' in b', f' in {pair[1]}')}"
        )
        return (row["difference"] / half if half > 0 else None), mark[row["verdict"]], text

    return _heatmap(mine, _losses(rows, pair), labels, cell, "half widths", 3)


def _losses(rows: Rows, pair: tuple[str, str]) -> list[str]:
    return list(dict.fromkeys(r["loss"] for r in rows["effects"] if (r["a"], r["b"]) == pair and r["effect"] == "gain"))


def _heatmap(
    rows: Sequence[Row], losses: Sequence[str], labels: Mapping[str, str], cell: Any, title: str, most: float
) -> Figure | None:
    names = _names(rows, labels)
    if not names or not losses:
        return None
    cells = [[cell(loss, key) for key in names] for loss in losses]
    hover = [
        [f"<b>{loss}</b>, {name}<br>{said}" for name, (_, _, said) in zip(names.values(), line, strict=True)]
        for loss, line in zip(losses, cells, strict=True)
    ]
    return heatmap(
        list(names.values()),
        list(losses),
        [[None if value is None else round(value, 4) for value, _, _ in line] for line in cells],
        hover,
        text=[[text for _, text, _ in line] for line in cells],
        title=title,
        height=240 + 36 * len(losses),
        zmin=-most,
        zmax=most,
    )
