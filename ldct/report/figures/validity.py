"""Which metrics get worse as the image gets worse."""

from __future__ import annotations

from ldct.report.figures.style import Figure, criterion, heatmap, number
from ldct.report.results import Results


def validity(results: Results) -> Figure | None:
    """Monotonicity of each metric along each ladder of degradations; hover for sensitivity and ties."""
    if not results.validity:
        return None
    labels = {row["metric"]: row["label"] for row in results.catalogue}
    rows = [{**row, "label": labels.get(row["metric"], row["metric"])} for row in results.validity]
    order = [(c["metric"], c["window"]) for c in results.criteria]
    keys = sorted(
        {(r["metric"], r["window"]) for r in rows}, key=lambda k: order.index(k) if k in order else len(order)
    )
    names = list(dict.fromkeys(row["degradation"] for row in rows))
    found = {(row["metric"], row["window"], row["degradation"]): row for row in rows}
    z, hover, axis = [], [], []
    for name in names:
        line = [found.get((*key, name)) for key in keys]
        z.append([row["monotonicity"] if row else None for row in line])
        hover.append(
            [
                f"<b>{criterion(row)}</b>, {name.replace('_', ' ')}"
                f"<br>monotonicity {number(row['monotonicity'], 2)} (1: always worse)"
                f"<br>sensitivity {number(row['sensitivity'], 2)}; ties {number(row['ties'], 2)}"
                f"<br>{row['images']} slices of {row['patients']} patients"
                if row
                else "no value"
                for row in line
            ]
        )
    for key in keys:
        row = next(found[*key, name] for name in names if (*key, name) in found)
        axis.append(criterion(row))
    shown = [name.replace("_", " ") for name in names]
    return heatmap(axis, shown, z, hover, title="monotonicity", height=230 + 40 * len(names))
