"""Which metrics can be trusted here: a sentence each."""

from __future__ import annotations

from dataclasses import dataclass

from ldct.report.conclusions.finding import Finding, listed, standing
from ldct.report.conclusions.leading import of, trusted
from ldct.report.figures.style import interval
from ldct.report.results import Results, Row
from ldct.statistics.policy import Verdict
from ldct.statistics.policy.thresholds import STRONG_AGREEMENT


@dataclass(frozen=True)
class Line:
    """A metric: its name, what it is about, whether it has a vote, and what is known of it."""

    metric: str
    construct: str
    vote: str
    text: str


def lines(results: Results) -> list[Line]:
    """One line a metric of the primary windows."""
    return [
        Line(
            results.metric(row["metric"]),
            row["construct"].replace("_", " "),
            "vote" if row["votes"] else "no vote",
            " ".join(part for part in (_ladder(row), _lesions(row), _readers(results, row)) if part),
        )
        for row in trusted(results)
    ]


def trust(results: Results) -> Finding:
    """How many metrics have a vote, and which have none."""
    rows = trusted(results)
    title = "Which metrics can be trusted here?"
    if not rows:
        return Finding(title, "Cannot tell: no metric has values for two losses.", "open")
    voting = [row for row in rows if row["votes"]]
    constructs = list(dict.fromkeys(row["construct"].replace("_", " ") for row in voting))
    count = f"{len(voting)} of {len(rows)}" if len(voting) < len(rows) else f"All {len(rows)}"
    text = f"{count} metrics have a vote on the losses. They are about {listed(constructs)}."
    without = [results.metric(row["metric"]) for row in rows if not row["votes"]]
    if without:
        text += f" No vote for {listed(without)}: such a metric must not be used to blame or praise a loss."
    untried = sum(not row["follows"] for row in voting)
    if untried:
        text += f" Not tried on enough degraded images to be sure: {untried} of {len(voting)} with a vote."
    return Finding(title, text, "plain" if voting else "bad")


def agreement(results: Results) -> Finding:
    """Whether the metrics agree, one vote a construct."""
    title = "Do the metrics agree about the losses?"
    row = results.agreement
    if row is None or row["w"] is None:
        why = row["reason"] if row else "no loss could be ranked"
        return Finding(title, f"Cannot tell: {why}.", "open")
    said = {Verdict.CANNOT_TELL: "it cannot be told how far they agree"}.get(row["verdict"], f"they {row['verdict']}")
    about = " of these trained networks" if row["w_low"] is None else ""
    scale = f"0 is none, 1 is full agreement, strong from {STRONG_AGREEMENT:g}"
    text = (
        f"With one vote for each of {row['judges']} constructs and {row['losses']} losses, {said}: Kendall's W{about} "
        f"= {interval(row, 'w', 2)} ({scale}; {standing(row)})."
    )
    if row["ceiling"] is not None:
        text += f" Full agreement would show as W = {row['ceiling']:.2f} here, as noise lowers it."
    return Finding(title, text, "open" if row["reason"] else "plain")


def _ladder(row: Row) -> str:
    tried = f"({row['images']} slices of {row['patients_tried']} patients)"
    if row["against"]:
        return f"Fails, so it has no vote: it prefers images with more {listed(row['against'].split(', '))} {tried}."
    if row["follows"]:
        return f"Gets worse as it should with {listed(row['follows'].split(', '))} {tried}."
    if row["images"] == 0:
        return "Not tried on degraded images."
    return f"Cannot tell by degraded images: {row['reason']} {tried}."


def _lesions(row: Row) -> str:
    if not row["lesions"]:
        return ""
    tau = f"tau-b {interval(row, 'lesion_tau', 2)}, {standing(row)}"
    if row["lesions_reason"]:
        return f"Whether it orders the losses as detected lesions do cannot be told ({tau})."
    return f"It {row['lesions']} ({tau})."


def _readers(results: Results, row: Row) -> str:
    rows = results.of_stage("readers", "metrics", statistic="srocc", **of(row))
    if not rows or rows[0]["value"] is None:
        return ""
    found = rows[0]
    rho = interval({"rho": found["value"], "rho_low": found["low"], "rho_high": found["high"]}, "rho", 2)
    text = f"Readers: Spearman's rho {rho} ({found['patients']} patients, {found['readers']} readers)"
    told = results.of_stage("readers", "differences", **of(row))
    return f"{text}, {told[0]['verdict']}." if told and told[0]["verdict"] else f"{text}."
