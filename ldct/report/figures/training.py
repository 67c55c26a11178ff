"""What happened during training: the loss itself, and every metric at the kept epochs."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from ldct.metrics.declared import ARROWS
from ldct.report.figures.style import Figure, colour, criterion, figure, legend_below, marker
from ldct.report.results import Results


def curves(results: Results) -> Figure | None:
    """Validation RMSE by epoch, the mean over folds and seeds of each loss."""
    if not results.histories:
        return None
    model = results.model
    data = []
    for loss in results.losses:
        by_epoch: dict[int, list[float]] = defaultdict(list)
        for row in results.histories:
            if row["loss"] == loss and model in (row["model"], "all"):
                by_epoch[row["epoch"]].append(row["validation_rmse_hu"])
        data.append(_line(results, loss, sorted(by_epoch), [float(np.mean(by_epoch[e])) for e in sorted(by_epoch)]))
    return figure(
        data,
        xaxis={"title": {"text": "epoch"}, "gridcolor": "#eef0f3"},
        yaxis={"title": {"text": "validation RMSE (HU)"}, "gridcolor": "#eef0f3"},
        hovermode="x unified",
        **legend_below(len(data), 380),
    )


def trajectories(results: Results) -> Figure | None:
    """One small plot a metric: its mean over test patients at the kept epochs, a line a loss.

    Metrics of the selected epoch alone, as those of lesions are, have no course.
    """
    model = results.model
    columns = _with_course(results)
    if not columns:
        return None
    across = 4
    down = -(-len(columns) // across)
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"annotations": []}
    points = results.consistency["trajectory_points"]
    gap_x, gap_y = 0.055, 0.30 / max(down, 1)
    for place, c in enumerate(columns):
        row, column = divmod(place, across)
        suffix = "" if place == 0 else str(place + 1)
        width, height = (1 - gap_x * (across - 1)) / across, (1 - gap_y * (down - 1)) / down
        left, top = column * (width + gap_x), 1 - row * (height + gap_y)
        layout[f"xaxis{suffix}"] = {"domain": [left, left + width], "anchor": f"y{suffix}", "gridcolor": "#eef0f3"}
        layout[f"yaxis{suffix}"] = {
            "domain": [max(top - height, 0), top],
            "anchor": f"x{suffix}",
            "gridcolor": "#eef0f3",
            "nticks": 4,
        }
        layout["annotations"].append(
            {
                "text": f"{criterion(c)} {ARROWS[c['direction']]}",
                "x": left,
                "y": top,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 12},
            }
        )
        for loss in results.losses:
            by_epoch: dict[int, list[float]] = defaultdict(list)
            for p in points:
                same = p["loss"] == loss and p["metric"] == c["metric"] and p["window"] == c["window"]
                if same and model in (p["model"], "all") and p["mean"] is not None:
                    by_epoch[p["epoch"]].append(p["mean"])
            epochs = sorted(by_epoch)
            line = _line(results, loss, epochs, [float(np.mean(by_epoch[e])) for e in epochs])
            data.append({**line, "xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "showlegend": place == 0})
    # The titles of the first row stand below the tools.
    margin = {"l": 60, "r": 20, "t": 60, "b": 50}
    return figure(data, margin=margin, **legend_below(len(results.losses), 120 + 190 * down), **layout)


def _with_course(results: Results) -> list[dict[str, Any]]:
    """Criteria that were measured at several epochs."""
    epochs: dict[tuple[str, str], set[int]] = defaultdict(set)
    for point in results.consistency["trajectory_points"]:
        epochs[point["metric"], point["window"]].add(point["epoch"])
    return [row for row in results.criteria if len(epochs[row["metric"], row["window"]]) > 1]


def _line(results: Results, loss: str, x: list[int], y: list[float]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": results.label(loss),
        "legendgroup": loss,
        "x": x,
        "y": y,
        "line": {"color": colour(results.losses, loss), "width": 1.6},
        "marker": {"symbol": marker(results.losses, loss), "size": 6},
    }
