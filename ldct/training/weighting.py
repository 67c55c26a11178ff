"""What earlier stages add to a training: weights of a calibration, a learning rate, the fold's own encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ldct.errors import ConfigError
from ldct.losses.declared import TERMS, nested_terms
from ldct.tables import read_table
from ldct.tables.calibration import CALIBRATION
from ldct.tables.search import SEARCH


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


def with_learning_rate(settings: Mapping[str, Any], table: Path | None) -> dict[str, Any]:
    """The configuration's section `training`, with the learning rate that a SEARCH table chose."""
    if table is None:
        return dict(settings)
    rows = read_table(table, SEARCH, [("chosen", "==", True)]).to_pylist()
    return {**settings, "learning_rate": rows[0]["learning_rate"]}


def with_encoder(terms: Sequence[Mapping[str, Any]], encoder: Path | None) -> list[dict[str, Any]]:
    """`terms`, those on the fold's own encoder with its file as option `encoder`, also where they are nested."""
    found = []
    for term in terms:
        options = dict(term.get("options") or {})
        if "terms" in options:
            options["terms"] = with_encoder(nested_terms(options), encoder)
        if encoder is not None and TERMS.of(term["use"]).encoder:
            options["encoder"] = str(encoder)
        found.append({**term, "options": options})
    return found
