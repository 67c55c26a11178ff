"""Noise texture and sharpness over frequency, each loss relative to full dose."""

from __future__ import annotations

from typing import Any

from ldct.report.figures.style import ANCHOR, Figure, colour, figure, legend_below, marker, ratio
from ldct.report.results import Results

AXES = {
    "nps": {"title": {"text": "noise power, relative to full dose"}, "type": "log", "dtick": "D2"},
    "ttf": {"title": {"text": "transfer function, relative to full dose"}},
}


def nps(results: Results) -> Figure | None:
    """Radial noise power spectrum over that of full dose."""
    return _relative(results, "nps")


def ttf(results: Results) -> Figure | None:
    """Transfer function across edges over that of full dose."""
    return _relative(results, "ttf")


def _relative(results: Results, curve: str) -> Figure | None:
    data = []
    for loss in ["low_dose", *results.losses]:
        model = "anchor" if loss == "low_dose" else results.model
        rows = results.of_stage("physics", "curves", curve=curve, loss=loss, model=model)
        if rows:
            data.append(_line(results, loss, rows))
    if not data:
        return None
    axis = {"gridcolor": "#eef0f3", **AXES[curve]}
    if curve == "ttf":
        values = [value for line in data for value in line["y"]]
        # Differences of a per cent are not to fill the page.
        axis["range"] = [min(0.8, min(values) - 0.05), max(1.1, max(values) + 0.05)]
    return figure(
        data,
        xaxis={"title": {"text": "spatial frequency (1/mm)"}, "gridcolor": "#eef0f3", "rangemode": "tozero"},
        yaxis=axis,
        shapes=[{"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": 1, "y1": 1, "line": {"color": ANCHOR}}],
        **legend_below(len(data), 400),
    )


def _line(results: Results, loss: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    name = results.label(loss)
    low_dose = loss == "low_dose"
    return {
        "type": "scatter",
        "mode": "lines" if low_dose else "lines+markers",
        "name": name,
        "x": [row["frequency"] for row in rows],
        "y": [row["ratio"] for row in rows],
        "hovertext": [
            f"<b>{name}</b>, {row['frequency']:.2f} 1/mm<br>{ratio(row, 'ratio')} of full dose"
            f"<br>level {row['level']:.3g}; {row['patients']} patients"
            for row in rows
        ],
        "hoverinfo": "text",
        "line": {"color": ANCHOR, "dash": "dash", "width": 2}
        if low_dose
        else {"color": colour(results.losses, loss), "width": 1.6},
        "marker": {"symbol": "circle" if low_dose else marker(results.losses, loss), "size": 6},
    }
