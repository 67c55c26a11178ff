"""The best loss by each criterion, as the page shows it."""

from __future__ import annotations

from ldct.report.figures.style import criterion
from ldct.report.results import Results


def best_table(results: Results) -> list[dict[str, str]]:
    """Rows of the table of best losses, in the order of the criteria."""
    rows = {(r["metric"], r["window"]): r for r in results.table("best_loss", model=results.model)}
    shown = []
    for c in results.criteria:
        row = rows.get((c["metric"], c["window"]))
        if row:
            shown.append(
                {
                    "criterion": criterion(c),
                    "family": c["family"].replace("_", " "),
                    "loss": results.label(row["loss"]),
                    "probability": f"{100 * (row['probability'] or 0):.0f} %",
                    "candidates": ", ".join(results.label(name.strip()) for name in row["candidates"].split(",")),
                    "sure": row["sure"],
                }
            )
    return shown
