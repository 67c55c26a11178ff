"""Which losses differ: paired differences against the reference loss, with filters as the bar to beat."""

from __future__ import annotations

from typing import Any

from ldct.report.conclusions.finding import unit
from ldct.report.conclusions.leading import leading, of
from ldct.report.figures.style import ANCHOR, Figure, colour, criterion, figure, interval, marker
from ldct.report.results import Results, Row
from ldct.statistics.policy import Verdict, counted

COLUMNS = 2
ROW, TITLE = 26, 74
# A bar of trained networks alone is drawn so that it is not taken for one about losses.
FAINT = "#c4c9d1"


def differences(results: Results) -> Figure | None:
    """A panel a construct, by its leading metric, a row a loss or filter; right is better than the reference.

    `narrow` is the layout for a small screen: one panel under the other.
    """
    panels = [(row, rows) for row in leading(results) if (rows := _rows(results, row))]
    if not panels:
        return None
    names = list(dict.fromkeys(row["name"] for _, rows in panels for row in rows))
    data = [_point(results, row, _tail(i)) for i, (_, rows) in enumerate(panels) for row in rows]
    wide, narrow = (_layout(results, panels, names, columns) for columns in (min(COLUMNS, len(panels)), 1))
    return figure(data, **wide) | {"narrow": figure([], **narrow)["layout"]}


def _tail(i: int) -> str:
    """What Plotly calls the axes of panel i: 'x', 'x2', ..."""
    return "" if i == 0 else str(i + 1)


def _layout(results: Results, panels: list[tuple[Row, list[Row]]], names: list[str], columns: int) -> dict[str, Any]:
    lines = -(-len(panels) // columns)
    line_height = ROW * len(names) + TITLE
    height = lines * line_height
    layout: dict[str, Any] = {"annotations": [], "shapes": []}
    for i, (key, rows) in enumerate(panels):
        line, column = divmod(i, columns)
        top = 1 - (line * line_height + 28) / height
        left = column / columns + (0.03 if column else 0)
        right = (column + 1) / columns - (0.03 if column < columns - 1 else 0)
        measured = unit(results, key["metric"]).strip() or "difference"
        layout[f"xaxis{_tail(i)}"] = {
            "domain": [left, right],
            "anchor": f"y{_tail(i)}",
            "rangemode": "tozero",
            "zeroline": True,
            "zerolinecolor": ANCHOR,
            "zerolinewidth": 2,
            "gridcolor": "#eef0f3",
            "nticks": 6,
            "tickangle": 0,
            "title": {"text": f"worse ← {measured} → better", "font": {"size": 12}, "standoff": 4},
        }
        layout[f"yaxis{_tail(i)}"] = {
            "domain": [top - ROW * len(names) / height, top],
            "anchor": f"x{_tail(i)}",
            "categoryorder": "array",
            "categoryarray": names,
            "range": [len(names) - 0.5, -0.5],
            "showticklabels": column == 0,
            "gridcolor": "#f3f4f6",
        }
        title = f"<b>{criterion({**key, 'label': results.metric(key['metric'])})}</b>"
        layout["annotations"].append(
            {
                "text": f"{title} ({key['construct'].replace('_', ' ')})",
                "x": left,
                "y": top,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
            }
        )
        layout["shapes"] += _band(rows, _tail(i))
    return {"height": height + 45, "margin": {"l": 130, "r": 15, "t": 30, "b": 15}, "showlegend": False, **layout}


def _band(rows: list[Row], tail: str) -> list[dict[str, Any]]:
    """The shaded band within which losses count as the same."""
    margin = next((row["margin"] for row in rows if row.get("margin")), None)
    if margin is None:
        return []
    place = {"xref": f"x{tail}", "yref": f"y{tail} domain", "x0": -margin, "x1": margin, "y0": 0, "y1": 1}
    return [{"type": "rect", **place, "fillcolor": "#eef2f7", "line": {"width": 0}, "layer": "below"}]


def _point(results: Results, row: Row, tail: str) -> dict[str, Any]:
    low, high, trained_only = row["difference_low"], row["difference_high"], False
    if low is None and row.get("low_networks") is not None:
        low, high, trained_only = row["low_networks"], row["high_networks"], True
    value, told = row["difference"], row["verdict"] != Verdict.CANNOT_TELL
    own = row["filter"] is None
    shade = colour(results.losses, row["loss"]) if own else ANCHOR
    symbol = marker(results.losses, row["loss"]) if own else "diamond-tall"
    bar: dict[str, Any] = {"visible": False}
    if low is not None and high is not None:
        bar = {
            "type": "data",
            "symmetric": False,
            "array": [high - value],
            "arrayminus": [value - low],
            "color": FAINT if trained_only else shade,
            "thickness": 2,
            "width": 4,
        }
    stands = counted(row["patients"], row["runs"], row["folds"])
    hover = f"<b>{row['name']}</b>: {interval(row, 'difference', 2)}<br>{row['verdict']}"
    if trained_only:
        hover += "<br>the bar is about these trained networks only"
    hover += f"<br>{row['reason']}" if row["reason"] else ""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [value],
        "y": [row["name"]],
        "xaxis": f"x{tail}",
        "yaxis": f"y{tail}",
        "error_x": bar,
        "marker": {"color": shade, "symbol": symbol if told else f"{symbol}-open", "size": 10, "line": {"width": 2}},
        "hovertext": [f"{hover}<br>{stands}"],
        "hoverinfo": "text",
        "name": row["name"],
    }


def _rows(results: Results, key: Row) -> list[Row]:
    """Losses against the reference, then filters against it (the reference's own row of filters, turned round)."""
    rows = [
        row | {"name": results.label(row["loss"]), "filter": None}
        for row in results.table("contrasts", model=results.model, **of(key))
        if row["difference"] is not None
    ]
    order = {loss: i for i, loss in enumerate(results.losses)}
    rows.sort(key=lambda row: order.get(row["loss"], len(order)))
    reference = results.spec.statistics.reference_loss
    turned = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    for row in results.table("filters", model=results.model, loss=reference, **of(key)):
        if row["difference"] is not None:
            low, high = row["difference_low"], row["difference_high"]
            rows.append(
                row
                | {
                    "name": results.label(row["filter"]),
                    "difference": -row["difference"],
                    "difference_low": None if high is None else -high,
                    "difference_high": None if low is None else -low,
                    "verdict": turned.get(row["verdict"], row["verdict"]),
                }
            )
    for row in results.consistency.get("control", []):
        if row["model"] == results.model and of(row) == of(key) and row["estimate"] is not None:
            ends = {f"difference{end}": row[f"estimate{end}"] for end in ("", "_low", "_high")}
            name = f"{results.label(reference)}, other seeds"
            rows.append(row | ends | {"name": name, "filter": row["control"]})
    return rows
