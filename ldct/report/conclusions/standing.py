"""Numbers of the study: what it stands on."""

from __future__ import annotations

from collections import Counter

from ldct.report.conclusions.leading import trusted
from ldct.report.results import Results


def standing(results: Results) -> list[tuple[str, str]]:
    """What, how many."""
    spec, runs = results.spec, results.consistency["runs"]
    rows = trusted(results)
    voting = sum(row["votes"] for row in rows)
    present = sum(row["status"] == "present" for row in runs)
    return [
        ("patients", _patients(results)),
        ("losses", str(len(results.losses))),
        ("networks", str(len(results.models))),
        ("folds x seeds", f"{spec.cohort.folds} x {len(spec.training.seeds)}"),
        ("trainings with values", str(present) if present == len(runs) else f"{present} of {len(runs)}"),
        ("metrics", str(voting) if voting == len(rows) else f"{len(rows)}, {voting} with a vote"),
        ("low dose", f"{100 * spec.low_dose_fraction:g} % of full dose"),
    ]


def _patients(results: Results) -> str:
    accepted = [row for row in results.patients if row["status"] == "accepted"]
    if not accepted:
        return next((row["value"] for row in results.consistency["design"] if row["key"] == "patients"), "unknown")
    kinds = Counter(row["kind"] for row in accepted)
    return f"{len(accepted)} ({', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))})"
