"""Which metric speaks for a construct on the first page."""

from __future__ import annotations

from ldct.construct import Construct
from ldct.report.results import Results, Row


def trusted(results: Results) -> list[Row]:
    """TRUST rows of the page's network, constructs together, metrics in the order of the catalogue."""
    place = {row["metric"]: i for i, row in enumerate(results.catalogue)}
    order = {name: i for i, name in enumerate(Construct)}
    rows = results.table("trust", model=results.model)
    return sorted(rows, key=lambda row: (order.get(row["construct"], len(order)), place.get(row["metric"], len(place))))


def leading(results: Results) -> list[Row]:
    """The first metric of each construct that has a vote, as TRUST rows."""
    first: dict[str, Row] = {}
    for row in trusted(results):
        if row["votes"]:
            first.setdefault(row["construct"], row)
    return list(first.values())


def of(row: Row) -> dict[str, str]:
    """The criterion of a row, to look for it in another table."""
    return {"metric": row["metric"], "window": row["window"]}
