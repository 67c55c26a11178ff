"""How the low dose came about, and which dose it is by its noise."""

from __future__ import annotations

from collections.abc import Sequence

from ldct.report.conclusions.finding import Finding, listed
from ldct.report.figures.style import number, share
from ldct.report.results import Results, Row

# Source of a series -> how it is told.
ORIGINS = {
    "dicom": "acquired",
    "volume": "given as volumes",
    "ctpd": "acquired as projections",
    "synthetic": "simulated as projections",
    "inserted": "made by inserting noise",
}


def low_dose(results: Results) -> list[Finding]:
    """The doses by how they were made, wanted and measured; bad where acquired ones stand beside inserted ones, or an
    inserted one misses its aim. Nothing where no low dose was measured.
    """
    rows = [row for row in results.series if row["dose"] == "low"]
    if not any(row["dose_measured"] is not None for row in rows):
        return []
    groups = {source: [row for row in rows if row["source"] == source] for source in ORIGINS}
    groups = {source: own for source, own in groups.items() if own}
    text = "; ".join(_group(ORIGINS[source], own) for source, own in groups.items())
    missed = [row for row in groups.get("inserted", []) if _missed(row, results.spec.dose_tolerance)]
    mixed = "inserted" in groups and len(groups) > 1
    titles = ["Acquired and inserted low dose are mixed"] if mixed and {"dicom", "volume", "ctpd"} & set(groups) else []
    titles += [f"The low dose misses its aim for {len(missed)} of {len(rows)} patients"] if missed else []
    points = [
        f"{row['patient']}: {share(row['dose_fraction'])} wanted, {share(row['dose_measured'])} by its noise"
        for row in missed
    ]
    if titles and mixed:
        text += "; differences between these patients can come from how the dose was made"
    return [
        Finding(listed(titles) if titles else "The low dose", f"{text}.", "bad" if titles else "plain", tuple(points))
    ]


def dose_range(rows: Sequence[Row], name: str = "dose_measured") -> str:
    """'9 % to 11 %' of a column; '' where it has no values."""
    values = sorted(row[name] for row in rows if row[name] is not None)
    if not values:
        return ""
    ends = list(dict.fromkeys((share(values[0]), share(values[-1]))))
    return " to ".join(ends)


def _group(how: str, rows: Sequence[Row]) -> str:
    wanted, measured = dose_range(rows, "dose_fraction"), dose_range(rows)
    quanta = sorted(row["quanta"] for row in rows if row["quanta"] is not None)
    text = f"{how} for {len(rows)} patient{'s' * (len(rows) != 1)}"
    text += f", {wanted} of the full dose wanted" if wanted else ""
    text += f", {measured} by its noise" if measured else ""
    if quanta:
        ends = list(dict.fromkeys(number(end, 2) for end in (quanta[0], quanta[-1])))
        text += f", for {' to '.join(ends)} quanta of the full dose"
    return text


def _missed(row: Row, tolerance: float) -> bool:
    wanted, measured = row["dose_fraction"], row["dose_measured"]
    return wanted is not None and measured is not None and abs(measured / wanted - 1) > tolerance
