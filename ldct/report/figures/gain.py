"""How much each loss improves on its input."""

from __future__ import annotations

from ldct.report.figures.style import ANCHOR, Figure, colour, figure, interval, marker
from ldct.report.results import Results


def rmse(results: Results) -> Figure:
    """RMSE on unseen patients with intervals, filters without training below, the low-dose input as a line."""
    model = results.model
    rows = {r["loss"]: r for r in results.table("loss_values", model=model, metric="rmse")}
    names = [*results.losses, *results.filters]
    losses = [loss for loss in names if loss in rows and rows[loss]["mean"] is not None]
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [rows[loss]["mean"]],
            "y": [results.label(loss)],
            "error_x": {
                "type": "data",
                "symmetric": False,
                "array": [(rows[loss]["mean_high"] or rows[loss]["mean"]) - rows[loss]["mean"]],
                "arrayminus": [rows[loss]["mean"] - (rows[loss]["mean_low"] or rows[loss]["mean"])],
            },
            "marker": {"color": ANCHOR, "symbol": "line-ns-open", "size": 13}
            if loss in results.filters
            else {"color": colour(results.losses, loss), "symbol": marker(results.losses, loss), "size": 11},
            "hovertext": f"{results.label(loss)}: {interval(rows[loss], 'mean', 4)} HU",
            "hoverinfo": "text",
            "showlegend": False,
        }
        for loss in losses
    ]
    shapes = []
    if "low_dose" in rows and rows["low_dose"]["mean"] is not None:
        at = rows["low_dose"]["mean"]
        shapes = [
            {
                "type": "line",
                "x0": at,
                "x1": at,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": ANCHOR, "dash": "dash", "width": 2},
                "label": {"text": f"low dose {at:.1f} HU", "textposition": "start", "textangle": 0, "xanchor": "right"},
            }
        ]
    return figure(
        data,
        height=110 + 38 * len(losses),
        margin={"l": 120, "r": 20, "t": 10, "b": 45},
        xaxis={"title": {"text": "RMSE (HU), mean over patients"}, "rangemode": "tozero", "gridcolor": "#eef0f3"},
        yaxis={"autorange": "reversed"},
        shapes=shapes,
    )
