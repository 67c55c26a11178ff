"""What is missing, and what it costs."""

from __future__ import annotations

from ldct.report.conclusions.finding import Finding, listed
from ldct.report.figures.style import share
from ldct.report.results import Results

AGAIN = "results/models/NETWORK/LOSS/foldF/seedS/run.json"


def missing(results: Results) -> list[Finding]:
    """Trainings that failed or are missing with their price, metrics and weights that were unavailable, files set
    aside, frames lost; only where there are any."""
    return [*_trainings(results), *_unavailable(results), *_set_aside(results), *_lost(results)]


def _trainings(results: Results) -> list[Finding]:
    runs = results.consistency["runs"]
    names = ("model", "loss", "fold", "seed")
    failed = {tuple(run[name] for name in names): run["reason"] for run in results.runs if run["status"] != "completed"}
    absent = {tuple(run[name] for name in names): run["note"] for run in runs if run["status"] != "present"}
    if not failed and not absent:
        return []
    count = len(results.runs) or len(runs)
    parts = [f"{len(failed)} of {count} trainings failed"] if failed else []
    without = len(set(absent) - set(failed))
    parts += [f"{without} of {len(runs)} trainings have no values"] if without else []
    points = [
        f"{model}/{results.label(loss)} fold {fold} seed {seed}: {why or 'no reason given'}."
        for (model, loss, fold, seed), why in sorted({**absent, **failed}.items())
    ]
    price = _price(results)
    if any(run["status"] == "error" for run in results.runs):
        price += f" To try a training again that met an error: snakemake --forcerun {AGAIN}."
    return [Finding(listed(parts), price, "bad", tuple(points))]


def _price(results: Results) -> str:
    rows = results.table("coverage", model=results.model)
    whole = max((row["patients"] for row in rows), default=0)
    lost = [row for row in rows if row["runs_present"] < row["runs_expected"]]
    if not lost:
        return "The table of metrics has values of every training, so that no comparison lost patients."
    sentences = []
    for row in lost:
        text = (
            f"{results.label(row['loss'])} has {row['runs_present']} of {row['runs_expected']} trainings and values "
            f"for {row['patients']} of {whole} patients"
        )
        if not row["ranked"]:
            text += "; it is compared on these, but not ranked with the others"
        sentences.append(f"{text}.")
    whole_ones = [results.label(row["loss"]) for row in rows if row not in lost and row["patients"] == whole]
    if whole_ones:
        sentences.append(f"The others lose nothing: {listed(whole_ones)}.")
    return "The price: " + " ".join(sentences)


def _unavailable(results: Results) -> list[Finding]:
    absent = results.spec.unavailable
    if not absent:
        return []
    text = "; ".join(f"{one.kind} '{one.name}' needs {one.missing} (get them: {one.command})" for one in absent)
    return [Finding("Unavailable here", f"{text}.", "bad")]


def _set_aside(results: Results) -> list[Finding]:
    if not results.rejections:
        return []
    patients = {row["patient"] for row in results.patients if row["status"] == "rejected"}
    text = f"{_count(len(results.rejections), 'entry', 'entries')} in the table of files and series set aside, "
    text += f"{_count(len(patients), 'patient', 'patients')} not usable. The table under Cohort says why."
    return [Finding("Set aside", text)]


def _lost(results: Results) -> list[Finding]:
    rows = [row for row in results.series if row["lost_share"]]
    if not rows:
        return []
    worst = max(rows, key=lambda row: row["lost_share"])
    text = f"{len(rows)} of {len(results.series)} series lost frames, at most {share(worst['lost_share'])} of them "
    text += f"({worst['patient']}, {worst['dose']} dose). The series under Cohort say why."
    return [Finding("Frames lost", text)]


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
