"""Weights of a loss's terms: as configured, or as a calibration found them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ldct.errors import ConfigError
from ldct.tables import read_table
from ldct.tables.calibration import CALIBRATION


def calibrated(terms: Sequence[Mapping[str, Any]], table: Path | None) -> list[dict[str, Any]]:
    """`terms` with the weights of a CALIBRATION table; as they are without one.

    Raises ConfigError where a term asks for a share and there is no table.
    """
    if table is None:
        if any(term.get("psi") is not None for term in terms):
            raise ConfigError("a term has a target share psi, and no calibration was given")
        return [dict(term) for term in terms]
    rows = read_table(table, CALIBRATION).to_pylist()
    return [{**term, "weight": row["weight"]} for term, row in zip(terms, rows, strict=True)]
