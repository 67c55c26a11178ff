"""The place each metric gives each loss."""

from __future__ import annotations

from ldct.report.figures.style import Figure, colour, criterion, figure, interval, marker
from ldct.report.results import Results


def ranks(results: Results) -> Figure:
    """One line a loss, one column a metric; bars are intervals of the place."""
    model = results.model
    columns = results.criteria
    rows = {(r["loss"], r["metric"], r["window"]): r for r in results.table("ranks", model=model)}
    losses = results.losses
    data = []
    for offset, loss in enumerate(losses):
        each = [(i, c, rows.get((loss, c["metric"], c["window"]))) for i, c in enumerate(columns)]
        found = [(i, c, row) for i, c, row in each if row is not None and row["place"] is not None]
        shift = 0.09 * (offset - (len(losses) - 1) / 2)
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": results.label(loss),
                "x": [i + shift for i, _, _ in found],
                "y": [row["place"] for _, _, row in found],
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [(row["place_high"] or row["place"]) - row["place"] for _, _, row in found],
                    "arrayminus": [row["place"] - (row["place_low"] or row["place"]) for _, _, row in found],
                    "thickness": 1,
                    "width": 2,
                },
                "line": {"color": colour(losses, loss), "width": 1.2},
                "marker": {"symbol": marker(losses, loss), "size": 9},
                "hovertext": [
                    f"<b>{results.label(loss)}</b>, {criterion(c)}"
                    f"<br>place {interval(row, 'place', 2)} of {row['losses']}"
                    f"<br>best in {100 * (row['best'] or 0):.0f} % of draws"
                    for _, c, row in found
                ],
                "hoverinfo": "text",
            }
        )
    return figure(
        data,
        height=460,
        margin={"l": 60, "r": 20, "t": 20, "b": 150},
        xaxis={
            "tickvals": list(range(len(columns))),
            "ticktext": [criterion(c) for c in columns],
            "tickangle": -45,
            "gridcolor": "#eef0f3",
        },
        yaxis={"autorange": "reversed", "dtick": 1, "title": {"text": "place (1 is best)"}, "gridcolor": "#eef0f3"},
        legend={"orientation": "h", "y": 1.08},
    )
