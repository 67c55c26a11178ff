"""Which losses differ, whether training helps, and what becomes of lesions."""

from __future__ import annotations

from ldct.lesions.declared import is_dprime
from ldct.report.conclusions.finding import Finding, compared, networks_only, size, standing, stands, tone_of
from ldct.report.conclusions.leading import leading, of, trusted
from ldct.report.figures.style import criterion, number
from ldct.report.results import Results, Row
from ldct.statistics.policy import Policy


def differences(results: Results) -> Finding:
    """Each loss against the reference by the leading metric of each construct, a point a metric."""
    reference = results.label(results.spec.statistics.reference_loss)
    title = "Which losses differ, and by how much?"
    points, every = [], []
    for row in leading(results):
        rows = results.table("contrasts", model=results.model, **of(row))
        if rows:
            every += rows
            points.append(f"{_name(results, row)}: {compared(results, rows)} ({stands(results, rows)}).")
    if not every:
        return Finding(title, f"Cannot tell: no loss has values beside {reference}.", "open")
    told = sum(row["reason"] == "" for row in every)
    text = f"Against {reference}, {told} of {len(every)} differences can be told, one metric a construct."
    if networks_only(every):
        text = (
            f"About losses nothing can be told: {every[0]['reason']}. The plot shows how these trained networks differ "
            f"from those of {reference}; trainings with other seeds may differ otherwise."
        )
    return Finding(title, text, "plain" if told else "open", tuple(points))


def training_helps(results: Results) -> Finding:
    """The networks against the low dose and against filters, by the leading metric of fidelity."""
    title = "Does training help?"
    rows = [row for row in trusted(results) if row["construct"] == "fidelity"] or trusted(results)
    if not rows:
        return Finding(title, "Cannot tell: no metric has values.", "open")
    by = rows[0]
    values = results.table("loss_values", model=results.model, **of(by))
    trained = [row for row in values if not row["anchor"] and row["gain"] is not None]
    points = []
    if trained:
        said = compared(results, trained, "gain", "against_low_dose")
        patients = max(row["patients"] for row in trained)
        points.append(f"Against the low-dose input: {said} ({patients} patients, {_runs(results)} trainings).")
    against = results.table("filters", model=results.model, **of(by))
    name = _name(results, by)
    if not against:
        text = f"By {name}, no denoiser without training was judged, so that there is no bar but the low dose."
        return Finding(title, text, tone_of(row["against_low_dose"] for row in trained), tuple(points))
    verdict, said = _bar(against)
    level = {row["loss"]: row["goodness"] for row in values if row["goodness"] is not None}
    # The filter that is hardest to beat, and the network that comes best out of it.
    bar = max({row["filter"] for row in against}, key=lambda one: (level.get(one, float("-inf")), one))
    best = max(
        (row for row in against if row["filter"] == bar and row["difference"] is not None),
        key=lambda row: row["difference"],
        default=None,
    )
    text = f"By {name}, {said}."
    if best is not None:
        side = "above" if best["difference"] >= 0 else "below"
        text += (
            f" The best network here ({results.label(best['loss'])}) is {size(results, best, 'difference', 'all')} "
            f"{side} the best filter ({results.label(bar)}); "
        )
        held = "the interval holds for all networks and filters at once"
        text += f"{held if best['all_low'] is not None else 'that is about these trained networks only'} "
        text += f"({standing(best)})."
    for other in sorted({row["filter"] for row in against}):
        rows = [row for row in against if row["filter"] == other]
        points.append(f"Against {results.label(other)}: {compared(results, rows)} ({stands(results, rows)}).")
    tone = {"a network beats every filter": "good", "no network beats every filter": "bad"}.get(verdict, "open")
    return Finding(title, text, tone, tuple(points))


def _bar(against: list[Row]) -> tuple[str, str]:
    """The verdict of FILTERS rows of one metric, and how it is said."""
    words: dict[str, dict[str, str]] = {}
    for row in against:
        words.setdefault(row["loss"], {})[row["filter"]] = row["verdict"]
    answer = Policy().bar(words)
    return answer.verdict, "it cannot be told whether a network beats every filter" if answer.reason else answer.verdict


def lesions(results: Results) -> list[Finding]:
    """Whether inserted lesions are detected better than in the low-dose image."""
    measures = [row for row in trusted(results) if is_dprime(row["metric"])]
    points, words = [], []
    for row in measures:
        rows = results.table("loss_values", model=results.model, **of(row))
        shown = [one for one in rows if one["loss"] not in ("low_dose", "full_dose") and one["gain"] is not None]
        if not shown:
            continue
        words += [one["against_low_dose"] for one in shown]
        level = {one["loss"]: one["mean"] for one in rows if one["loss"] in ("low_dose", "full_dose")}
        ends = "".join(f", {number(level[key], 2)} at {results.label(key)}" for key in level)
        said = compared(results, shown, "gain", "against_low_dose")
        line = f"{_name(results, row)}: {said} ({shown[0]['patients']} patients, {_runs(results)} trainings{ends})"
        against = results.table("filters", model=results.model, **of(row))
        points.append(f"{line}; {_bar(against)[1]}." if against else f"{line}.")
    if not points:
        return []
    text = "Detectability d′ of inserted lesions by model observers, against the low-dose input."
    return [Finding("Do lesions stay visible?", text, tone_of(words), tuple(points))]


def proposal(results: Results) -> list[Finding]:
    """Whether the proposed loss keeps its promise, also where it does not."""
    rows = results.table("candidate", model=results.model)
    if not rows:
        return []
    verdicts = [row["verdict"] for row in rows]
    said = ", ".join(f"{word} against {verdicts.count(word)}" for word in dict.fromkeys(verdicts))
    text = (
        f"Better on {' and '.join(results.spec.statistics.candidate_families)} metrics at equal RMSE (within "
        f"{100 * rows[0]['margin']:g} %): {said} of {len(rows)} other losses ({rows[0]['patients']} patients)."
    )
    tone = tone_of(verdicts, "supported", "not supported")
    return [Finding(f"Does {results.label(rows[0]['loss'])} keep its promise?", text, tone)]


def _name(results: Results, row: Row) -> str:
    return criterion({**row, "label": results.metric(row["metric"])})


def _runs(results: Results) -> int:
    """Trainings of the page's network that have values."""
    runs = results.consistency["runs"]
    return sum(row["status"] == "present" and results.model in (row["model"], "all") for row in runs)
