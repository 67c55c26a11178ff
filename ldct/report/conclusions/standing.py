"""Numbers of the study: what it stands on."""

from __future__ import annotations

from collections import Counter

from ldct.report.conclusions.leading import trusted
from ldct.report.conclusions.low_dose import dose_range
from ldct.report.results import Results


def standing(results: Results) -> list[tuple[str, str]]:
    """What, how many."""
    runs = results.consistency["runs"]
    design = {row["key"]: row["value"] for row in results.consistency["design"]}
    dose = results.spec.low_dose_fraction
    rows = trusted(results)
    voting = sum(row["votes"] for row in rows)
    present = sum(row["status"] == "present" for row in runs)
    stated = [
        ("patients", _patients(results) or design["patients"]),
        ("losses", str(len(results.losses))),
        ("networks", str(len(results.models))),
        ("folds x seeds", f"{design['folds']} x {len(design['seeds'].split(','))}"),
        ("trainings with values", str(present) if present == len(runs) else f"{present} of {len(runs)}"),
        ("metrics", str(voting) if voting == len(rows) else f"{len(rows)}, {voting} with a vote"),
    ]
    if dose is None:
        return stated
    inserted = [row for row in results.series if row["dose"] == "low" and row["source"] == "inserted"]
    measured = dose_range(inserted)
    said = f"{100 * dose:g} % of full dose" + (f" wanted, {measured} by noise" if measured else "")
    return [*stated, ("low dose", said)]


def _patients(results: Results) -> str:
    accepted = [row for row in results.patients if row["status"] == "accepted"]
    if not accepted:
        return ""
    kinds = Counter(row["kind"] for row in accepted)
    return f"{len(accepted)} ({', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))})"
