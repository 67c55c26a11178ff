"""The negative control: what this study calls a difference where there is none."""

from __future__ import annotations

from ldct.report.conclusions.finding import Finding, standing
from ldct.report.conclusions.leading import of, trusted
from ldct.report.results import Results
from ldct.statistics.policy import Verdict

TITLE = "What does this study call a difference where there is none?"


def control(results: Results) -> list[Finding]:
    """The reference loss against itself with other seeds, by the metrics of the page; or why there is no control.

    Nothing where the study has no table `control`.
    """
    reference = results.label(results.spec.statistics.reference_loss)
    keys = [of(row) for row in trusted(results)]
    rows = [row for row in results.consistency.get("control", []) if row["model"] == results.model and of(row) in keys]
    if not rows:
        about = [row["about"] for row in results.consistency["design"] if row["key"] == "negative_control"]
        return [Finding(TITLE, f"Not known; there is no negative control ({about[0]}).", "open")] if about else []
    told = [row for row in rows if row["p_adjusted"] is not None]
    false = [row for row in told if row["verdict"] in (Verdict.BETTER, Verdict.WORSE)]
    text = (
        f"{reference} was trained again with other seeds and compared with itself, as if it were another loss. "
        f"{len(false)} of {len(told)} comparisons, one a metric, were called better or worse"
    )
    text += f" ({standing(rows[0])})." if told else f": {rows[0]['reason']} ({standing(rows[0])})."
    points = tuple(f"{results.metric(row['metric'])}: {row['verdict']}, which is false." for row in false)
    return [Finding(TITLE, text, "open" if not told else "bad" if false else "good", points)]
