"""How well model observers detect the inserted lesions in the images of each loss."""

from __future__ import annotations

from ldct.lesions.declared import is_dprime
from ldct.report.figures.style import ANCHOR, COLOURS, MARKERS, Figure, figure, interval
from ldct.report.results import Results


def conspicuity(results: Results) -> Figure | None:
    """Mean d' of each observer by loss, with intervals; filters beside them, the low and the full dose at the ends."""
    rows = results.of_stage("conspicuity", "conspicuity", model=results.model, kinds="inserted")
    rows = [row for row in rows if is_dprime(row["metric"]) and row["mean"] is not None]
    if not rows:
        return None
    observers = sorted({row["metric"] for row in rows})
    names = ["low_dose", *results.filters, *results.losses, "full_dose"]
    losses = [name for name in names if any(row["loss"] == name for row in rows)]
    traces = []
    for number, observer in enumerate(observers):
        own = {row["loss"]: row for row in rows if row["metric"] == observer}
        points = [own[loss] for loss in losses if loss in own]
        # Side by side, so that intervals do not hide each other.
        shift = (number - (len(observers) - 1) / 2) * 0.16
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": results.metric(observer),
                "x": [row["mean"] for row in points],
                "y": [losses.index(row["loss"]) + shift for row in points],
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [_reach(row, "mean_high") for row in points],
                    "arrayminus": [_reach(row, "mean_low") for row in points],
                    "thickness": 1.2,
                },
                "hovertext": [
                    f"{results.label(row['loss'])}, {results.metric(observer)}: {interval(row, 'mean', 3)}"
                    f"<br>{row['lesions']} lesions, {row['patients']} patients"
                    for row in points
                ],
                "hoverinfo": "text",
                "marker": {
                    "color": COLOURS[number % len(COLOURS)],
                    "symbol": MARKERS[number % len(MARKERS)],
                    "size": 9,
                },
            }
        )
    return figure(
        traces,
        height=150 + 46 * len(losses),
        margin={"l": 120, "r": 20, "t": 20, "b": 50},
        xaxis={"title": {"text": "detectability d′ (mean over lesions and patients)"}, "rangemode": "tozero"},
        legend={"orientation": "h", "y": 1.12},
        yaxis={
            "tickvals": list(range(len(losses))),
            "ticktext": [results.label(loss) for loss in losses],
            "range": [len(losses) - 0.5, -0.5],
            "gridcolor": ANCHOR + "33",
        },
    )


def _reach(row: dict, end: str) -> float:
    return 0.0 if row[end] is None else abs(row[end] - row["mean"])
