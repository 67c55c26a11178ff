"""Which metrics order the losses alike."""

from __future__ import annotations

from ldct.report.figures.style import Figure, criterion, heatmap, interval
from ldct.report.results import Results


def tau(results: Results) -> Figure:
    """Kendall's tau-b between every two metrics over the losses."""
    model = results.model
    columns = results.criteria
    keys = [(c["metric"], c["window"]) for c in columns]
    names = [criterion(c) for c in columns]
    found = {}
    for row in results.table("tau", model=model):
        a, b = (row["metric_a"], row["window_a"]), (row["metric_b"], row["window_b"])
        found[a, b] = found[b, a] = row
    z, hover = [], []
    for i, a in enumerate(keys):
        rows = [found.get((a, b)) for b in keys]
        z.append([1.0 if i == j else (row["tau"] if row else None) for j, row in enumerate(rows)])
        hover.append(
            [
                names[i] if i == j or row is None else f"{names[i]}<br>{names[j]}<br>tau-b {interval(row, 'tau', 2)}"
                for j, row in enumerate(rows)
            ]
        )
    return heatmap(names, names, z, hover, title="tau-b", height=260 + 24 * len(names), left=170, xgap=1, ygap=1)
