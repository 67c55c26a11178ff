"""The first page as its template wants it."""

from __future__ import annotations

from typing import Any

from ldct.report.conclusions import differences
from ldct.report.conclusions.apart import apart
from ldct.report.conclusions.control import control
from ldct.report.conclusions.low_dose import low_dose
from ldct.report.conclusions.missing import missing
from ldct.report.conclusions.mixture import mixture
from ldct.report.conclusions.standing import standing
from ldct.report.conclusions.trust import agreement, lines, trust
from ldct.report.conclusions.unknown import unknown
from ldct.report.results import Results


def first_page(results: Results) -> dict[str, Any]:
    """Counts, findings in order, lines of metrics, open questions."""
    return {
        "standing": standing(results),
        "control": control(results),
        "trust": trust(results),
        "metrics": lines(results),
        "agreement": agreement(results),
        "differences": differences.differences(results),
        "training": differences.training_helps(results),
        "also": [*differences.lesions(results), *differences.proposal(results), apart(results)],
        "unknown": unknown(results),
        "missing": [*low_dose(results), *missing(results), *mixture(results)],
        "claims": results.claims,
    }
