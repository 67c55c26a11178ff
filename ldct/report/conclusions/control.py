"""The negative control: what this study calls a difference where there is none."""

from __future__ import annotations

from ldct.report.conclusions.finding import Finding
from ldct.report.results import Results

TITLE = "Negative control"


def control(results: Results) -> list[Finding]:
    """The sentences of the table `control`, a point a row; none where the study has no such table."""
    rows = results.consistency.get("control", [])
    points = tuple(row["sentence"] for row in rows if row.get("sentence"))
    if not points:
        return []
    text = "The reference loss was trained again with other seeds and compared with itself, as if it were another loss."
    return [Finding(TITLE, text, points=points)]
