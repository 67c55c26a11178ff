"""How far each metric follows the readers."""

from __future__ import annotations

from ldct.report.figures.style import COLOURS, Figure, criterion, figure, interval
from ldct.report.results import Results


def readers(results: Results) -> Figure | None:
    """Spearman's correlation with the mean score, with intervals, best metric first."""
    names = {row["metric"]: row["label"] for row in results.catalogue}
    rows = [row for row in results.of_stage("readers", "metrics", statistic="srocc") if row["value"] is not None]
    if not rows:
        return None
    rows.sort(key=lambda row: row["value"])
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": [row["value"] for row in rows],
        "y": [criterion({**row, "label": names.get(row["metric"])}) for row in rows],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, (row["high"] or row["value"]) - row["value"]) for row in rows],
            "arrayminus": [max(0.0, row["value"] - (row["low"] or row["value"])) for row in rows],
        },
        "hovertext": [
            f"{interval({'v': row['value'], 'v_low': row['low'], 'v_high': row['high']}, 'v', 2)}"
            f"<br>{row['images']} images, {row['patients']} patients"
            for row in rows
        ],
        "hoverinfo": "text",
        "marker": {"color": COLOURS[0], "size": 9},
    }
    return figure(
        [points],
        height=140 + 24 * len(rows),
        margin={"l": 200, "r": 20, "t": 20, "b": 50},
        xaxis={"range": [-1, 1.02], "title": {"text": "Spearman's correlation"}, "zeroline": True},
        showlegend=False,
    )
