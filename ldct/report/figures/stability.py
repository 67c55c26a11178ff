"""How often each loss takes each place (blob plot in the manner of challengeR, doi 10.1038/s41598-021-82017-6)."""

from __future__ import annotations

import numpy as np

from ldct.report.figures.style import Figure, colour, figure
from ldct.report.results import Results


def stability(results: Results) -> Figure | None:
    """Discs with areas as the share of draws, averaged over the metrics of the primary window."""
    primary = {(c["metric"], c["window"]) for c in results.criteria if c["primary"]}
    rows = [
        r
        for r in results.table("rank_stability", model=results.model)
        if (r["metric"], r["window"]) in primary and r["probability"] is not None
    ]
    if not rows:
        return None
    metrics = len({(r["metric"], r["window"]) for r in rows})
    losses = [loss for loss in results.losses if any(r["loss"] == loss for r in rows)]
    data = []
    for loss in losses:
        share = dict.fromkeys(range(1, len(losses) + 1), 0.0)
        for row in rows:
            if row["loss"] == loss:
                share[row["place"]] += row["probability"] / metrics
        places = [place for place, value in share.items() if value > 0]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": results.label(loss),
                "showlegend": False,
                "x": [results.label(loss)] * len(places),
                "y": places,
                "marker": {
                    "size": [round(46 * float(np.sqrt(share[place])), 1) for place in places],
                    "color": colour(results.losses, loss),
                    "opacity": 0.85,
                },
                "hovertext": [
                    f"<b>{results.label(loss)}</b>, place {place}<br>in {100 * share[place]:.0f} % of draws"
                    for place in places
                ],
                "hoverinfo": "text",
            }
        )
    return figure(
        data,
        height=150 + 54 * len(losses),
        xaxis={"gridcolor": "#eef0f3"},
        yaxis={
            "range": [len(losses) + 0.6, 0.4],
            "dtick": 1,
            "title": {"text": "place (1 is best)"},
            "gridcolor": "#eef0f3",
        },
    )
