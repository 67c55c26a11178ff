"""What the checkpoint rule costs, by loss and metric."""

from __future__ import annotations

from ldct.report.figures.style import SEQUENTIAL, Figure, criterion, heatmap, interval, number
from ldct.report.results import Results


def regret(results: Results) -> Figure | None:
    """Checkpoint regret in between-seed SDs, the mean over runs."""
    columns = [c for c in results.criteria if c["primary"]]
    models = {row["model"] for row in results.consistency["trajectory_summary"]}
    model = results.model if results.model in models else results.models[0]
    found = {
        (r["loss"], r["metric"], r["window"]): r
        for r in results.table("trajectory_summary", model=model)
        if r["regret"] is not None
    }
    if not found or not columns:
        return None
    losses = results.losses
    lines = [[found.get((loss, c["metric"], c["window"])) for c in columns] for loss in losses]
    hover = [
        [
            f"regret {interval(row, 'regret', 2)} SD<br>held out {interval(row, 'held_out_regret', 2)}"
            f"<br>{row['runs']} runs, {row['patients']} patients"
            if row
            else "no value"
            for row in line
        ]
        for line in lines
    ]
    return heatmap(
        [criterion(c) for c in columns],
        [results.label(loss) for loss in losses],
        [[row["regret"] if row else None for row in line] for line in lines],
        hover,
        text=[[number(row["regret"], 2) if row else "" for row in line] for line in lines],
        title="SDs",
        height=240 + 40 * len(losses),
        colorscale=SEQUENTIAL,
        zmin=0,
        zmax=None,
    )
