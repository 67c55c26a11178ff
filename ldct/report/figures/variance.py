"""Variance components by metric."""

from __future__ import annotations

from ldct.report.figures.style import COLOURS, Figure, criterion, figure, number
from ldct.report.results import Results

PATTERNS = {"loss": "", "patient": "/", "patient_loss": "x", "seed": ".", "slice": "-", "residual": "\\"}


def variance(results: Results) -> Figure | None:
    """Stacked shares of loss, patient, patient x loss, seed, slice and residual."""
    columns = [c for c in results.criteria if c["primary"]]
    found = {
        (r["metric"], r["window"], r["component"]): r
        for r in results.table("variance", model=results.model)
        if r["share"] is not None
    }
    data = []
    for component, shade in zip(PATTERNS, COLOURS, strict=False):
        each = [(c, found.get((c["metric"], c["window"], component))) for c in columns]
        rows = [(c, row) for c, row in each if row is not None]
        if not rows:
            continue
        name = component.replace("patient_loss", "patient x loss")
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "x": [row["share"] for _, row in rows],
                "y": [criterion(c) for c, _ in rows],
                "marker": {"color": shade, "pattern": {"shape": PATTERNS[component], "solidity": 0.25}},
                "hovertext": [
                    f"<b>{name}</b>, {criterion(c)}<br>{100 * row['share']:.0f} % of the variance"
                    f"<br>variance {number(row['variance'])}, standard error {number(row['standard_error'])}"
                    for c, row in rows
                ],
                "hoverinfo": "text",
            }
        )
    if not data:
        return None
    return figure(
        data,
        height=150 + 30 * len(columns),
        barmode="stack",
        margin={"l": 130, "r": 20, "t": 60, "b": 50},
        xaxis={"range": [0, 1], "tickformat": ".0%", "title": {"text": "share of variance"}},
        yaxis={"autorange": "reversed"},
        legend={"orientation": "h", "y": 1, "yanchor": "bottom"},
    )
