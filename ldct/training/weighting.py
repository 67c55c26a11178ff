"""What earlier stages add to a training: weights of a calibration, a learning rate, the fold's own encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldct.config.training import Budget
from ldct.errors import ConfigError
from ldct.losses.declared import TERMS, nested_terms
from ldct.tables import read_table
from ldct.tables.calibration import CALIBRATION
from ldct.tables.search import SEARCH

if TYPE_CHECKING:
    from ldct.stages.parts import TermSpec


def calibrated(terms: Sequence[TermSpec], table: Path | None) -> list[TermSpec]:
    """`terms` with the weights of a CALIBRATION table; as they are without one.

    Raises ConfigError where a term asks for a share and there is no table.
    """
    if table is None:
        if any(term.psi is not None for term in terms):
            raise ConfigError("a term has a target share psi, and no calibration was given")
        return list(terms)
    rows = read_table(table, CALIBRATION).to_pylist()
    return [term.model_copy(update={"weight": row["weight"]}) for term, row in zip(terms, rows, strict=True)]


def with_learning_rate(budget: Budget, table: Path | None) -> Budget:
    """`budget` with the learning rate that a SEARCH table chose."""
    if table is None:
        return budget
    rows = read_table(table, SEARCH, [("chosen", "==", True)]).to_pylist()
    return budget.model_copy(update={"learning_rate": rows[0]["learning_rate"]})


def with_encoder(terms: Sequence[TermSpec], encoder: Path | None) -> list[TermSpec]:
    """`terms`, those on the fold's own encoder with its file as option `encoder`, also where they are nested."""
    return [term.model_copy(update={"options": _with_encoder(term.use, term.options, encoder)}) for term in terms]


def _with_encoder(use: str, options: Mapping[str, Any], encoder: Path | None) -> dict[str, Any]:
    changed = dict(options)
    if "terms" in changed:
        changed["terms"] = [
            {**term, "options": _with_encoder(term["use"], term.get("options") or {}, encoder)}
            for term in nested_terms(options)
        ]
    if encoder is not None and TERMS.of(use).encoder:
        changed["encoder"] = str(encoder)
    return changed
