"""The first page: what the study stands on and what it found, in plain sentences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ldct.report.figures.style import criterion, interval
from ldct.report.results import Results, Row
from ldct.statistics.feasible import fewest_patients

VERDICTS = ("supported", "trade-off", "not supported", "cannot tell")


@dataclass(frozen=True)
class Finding:
    """A headline, its sentence, and how it is to be read: good, bad, open or plain."""

    title: str
    text: str
    tone: str = "plain"


def findings(results: Results) -> list[Finding]:
    """Answers in order of importance."""
    return [
        agreement(results),
        best(results),
        *proposal(results),
        *lesions(results),
        *beats_low_dose(results),
        *runs(results),
    ]


def standing(results: Results) -> list[tuple[str, str]]:
    """Numbers of the study: what, how many."""
    accepted = [row for row in results.patients if row["status"] == "accepted"]
    kinds = Counter(row["kind"] for row in accepted)
    spec = results.spec
    return [
        ("patients", f"{len(accepted)} ({', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))})"),
        ("losses", str(len(results.losses))),
        ("networks", str(len(results.models))),
        ("folds x seeds", f"{spec.cohort.folds} x {len(spec.training.seeds)}"),
        ("trainings", str(len(results.runs))),
        ("metrics x windows", str(len(results.criteria))),
        ("low dose", f"{100 * spec.low_dose_fraction:g} % of full dose"),
    ]


def agreement(results: Results) -> Finding:
    rows = results.table("agreement", model=results.model, windows="primary", family="overall", home=True)
    if not rows or rows[0]["w"] is None:
        return Finding("How far do the metrics agree?", "Cannot tell: too few losses or metrics have values.", "open")
    row = rows[0]
    degree = "strongly" if row["w"] >= 0.7 else "moderately" if row["w"] >= 0.4 else "weakly"
    text = (
        f"On the order of the {row['losses']} losses, the {row['criteria']} metrics agree {degree}: "
        f"Kendall's W = {interval(row, 'w', 2)} (0 is none, 1 is full agreement; {row['patients']} patients)."
    )
    if row["w_if_agreed"] is not None:
        text += f" If they agreed fully, noise alone would leave W = {row['w_if_agreed']:.2f}."
    return Finding("How far do the metrics agree?", text)


def best(results: Results) -> Finding:
    rows = results.table("best_loss", model=results.model)
    if not rows:
        return Finding("Which loss is best?", "Cannot tell: no loss could be ranked.", "open")
    votes = Counter(row["loss"] for row in rows)
    names = ", ".join(f"{results.label(loss)} by {count}" for loss, count in votes.most_common())
    sure = sum(row["sure"] == "sure" for row in rows)
    text = f"It depends on the metric: of {len(rows)} metrics, {names}. The choice is sure for {sure} of them."
    if len(votes) == 1:
        text = f"{results.label(next(iter(votes)))} by all {len(rows)} metrics; the choice is sure for {sure} of them."
    return Finding("Which loss is best?", text, "plain" if sure else "open")


def proposal(results: Results) -> list[Finding]:
    """Whether the proposed loss keeps its promise, also where it does not."""
    rows = results.table("candidate", model=results.model)
    if not rows:
        return []
    count = Counter(row["verdict"] for row in rows)
    said = ", ".join(f"{verdict} against {count[verdict]}" for verdict in VERDICTS if count[verdict])
    text_of_power = _too_few(
        rows[0]["patients"],
        sum(row["p_holm"] is not None for row in results.table("candidate_tests", model=results.model)),
        results,
    )
    tone = "good" if count["supported"] == len(rows) else "bad" if count["not supported"] else "open"
    text = (
        f"Better on perceptual and task metrics at equal RMSE (within {100 * rows[0]['margin']:g} %): "
        f"{said} of {len(rows)} other losses.{text_of_power}"
    )
    return [Finding(f"Does {results.label(rows[0]['loss'])} keep its promise?", text, tone)]


def lesions(results: Results) -> list[Finding]:
    """Whether inserted lesions are detected better than in the low-dose image."""
    rows = results.of_stage("conspicuity", "conspicuity", model=results.model, kinds="inserted")
    rows = [row for row in rows if row["metric"].endswith("_dprime")]
    tested = [row for row in rows if row["against"] == "low_dose" and row["difference"] is not None]
    if not tested:
        return []
    count = Counter(row["verdict"] for row in tested)
    said = ", ".join(f"{word} in {count[word]}" for word in ("better", "worse", "cannot tell") if count[word])
    text = f"Against the low-dose input, by d′ of the model observers: {said} of {len(tested)} loss and observer pairs."
    level = {loss: [row["mean"] for row in rows if row["loss"] == loss] for loss in ("low_dose", "full_dose")}
    if all(level.values()):
        low, full = (sum(values) / len(values) for values in level.values())
        text += f" Mean d′ is {low:.2f} at low and {full:.2f} at full dose."
    model = results.of_stage("conspicuity", "conspicuity", model=results.model)
    text += _too_few(tested[0]["patients"], sum(row["p_holm"] is not None for row in model), results)
    tone = "bad" if count["worse"] else "good" if count["better"] == len(tested) else "open"
    return [Finding("Do lesions stay visible?", text, tone)]


def beats_low_dose(results: Results) -> list[Finding]:
    """Whether each trained network improves on its input in RMSE."""
    title = "Does training help at all?"
    rows = [r for r in results.consistency["loss_values"] if r["metric"] == "rmse" and not r["anchor"]]
    rows = [r for r in rows if r["model"] in results.models and r["gain"] is not None]
    if not rows:
        return [Finding(title, "Cannot tell: RMSE has no values.", "open")]
    failing = [r for r in rows if r["gain"] <= 0]
    unsure = [r for r in rows if r["gain"] > 0 and r["against_low_dose"] != "better"]
    low = min(r["mean"] for r in rows), max(r["mean"] for r in rows)
    anchor = [r for r in results.consistency["loss_values"] if r["metric"] == "rmse" and r["loss"] == "low_dose"]
    before = f" (low dose: {anchor[0]['mean']:.1f} HU)" if anchor and anchor[0]["mean"] is not None else ""
    if failing:
        names = ", ".join(sorted({results.label(r["loss"]) for r in failing}))
        return [
            Finding(
                title, f"Not always: {names} did not beat the low-dose input in RMSE on unseen patients{before}.", "bad"
            )
        ]
    text = f"Every network has a lower RMSE on unseen patients than its input: {low[0]:.1f} to {low[1]:.1f} HU{before}."
    filtered = {r["loss"]: r["mean"] for r in results.table("loss_values", metric="rmse") if r["mean"] is not None}
    if untrained := [f"{results.label(name)} {filtered[name]:.1f} HU" for name in results.filters if name in filtered]:
        text += f" Without training: {', '.join(untrained)}."
    if unsure:
        names = ", ".join(sorted({results.label(r["loss"]) for r in unsure}))
        text += f" For {names} the interval does not exclude 'no better'."
    return [Finding(title, text, "good" if not unsure else "plain")]


def runs(results: Results) -> list[Finding]:
    """Failed trainings and what was unavailable, only where there are any."""
    found = []
    failed = [run for run in results.runs if run["status"] != "completed"]
    if failed:
        names = "; ".join(f"{r['model']}/{r['loss']} fold {r['fold']} seed {r['seed']}: {r['reason']}" for r in failed)
        found.append(Finding(f"{len(failed)} of {len(results.runs)} trainings failed", names, "bad"))
    missing = results.spec.unavailable
    if missing:
        names = "; ".join(f"{m.kind} '{m.name}' needs {m.missing} (get them: {m.command})" for m in missing)
        found.append(Finding("Unavailable here", names, "bad"))
    if results.rejections:
        patients = {row["patient"] for row in results.patients if row["status"] == "rejected"}
        text = f"{_count(len(results.rejections), 'entry', 'entries')} in the table of files and series set aside"
        text += f", {_count(len(patients), 'patient', 'patients')} not usable. The table under Cohort says why."
        found.append(Finding("Set aside", text))
    return found


def _too_few(patients: int, tests: int, results: Results) -> str:
    """A sentence where so few patients leave no exact test a chance after Holm's correction."""
    needed = fewest_patients(tests, 1 - results.spec.statistics.confidence)
    if patients >= needed or not tests:
        return ""
    return (
        f" With {patients} patients no difference, however large, passes Holm's correction over {tests} tests; "
        f"it takes {needed}."
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def verdicts(results: Results) -> list[Row]:
    """The paper's claims, those of the conclusions' network first."""
    return [row for row in results.consistency["hypotheses"] if row["model"] == results.model]


def best_table(results: Results) -> list[dict[str, str]]:
    """The best loss by each criterion, as the page shows it."""
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
