"""Losses against metrics: the gain over the low-dose input, each metric in its own spread."""

from __future__ import annotations

import numpy as np

from ldct.report.figures.style import Figure, criterion, interval, number
from ldct.report.figures.style import heatmap as coloured
from ldct.report.results import Results


def heatmap(results: Results) -> Figure:
    """Colour: gain over low dose in units of the largest gain or loss of that metric; text: the metric's mean."""
    model = results.model
    columns = results.criteria
    rows = {(r["loss"], r["metric"], r["window"]): r for r in results.table("loss_values", model=model)}
    losses = [*results.losses, *results.filters]
    z, text, hover = [], [], []
    for loss in losses:
        found = [rows.get((loss, c["metric"], c["window"])) for c in columns]
        z.append([np.nan if row is None or row["gain"] is None else row["gain"] for row in found])
        text.append(["" if row is None else number(row["mean"]) for row in found])
        hover.append(
            [
                "no value"
                if row is None
                else f"<b>{results.label(loss)}</b>, {criterion(c)}<br>mean {interval(row, 'mean', 4)} {c['unit']}"
                f"<br>gain over low dose {interval(row, 'gain')}: {row['against_low_dose']}"
                f"<br>{row['patients']} patients, {row['slices']} slices"
                for row, c in zip(found, columns, strict=True)
            ]
        )
    values = np.array(z, float)
    peak = np.nanmax(np.abs(values), axis=0, initial=0)
    scaled = values / np.where(peak > 0, peak, 1)
    return coloured(
        [criterion(c) for c in columns],
        [results.label(loss) for loss in losses],
        [[None if not np.isfinite(v) else round(float(v), 4) for v in line] for line in scaled],
        hover,
        text=text,
        title="against low dose",
        height=240 + 46 * len(losses),
        colorbar={"tickvals": [-1, 0, 1], "ticktext": ["worse", "equal", "better"]},
    )
