"""Stages beside the analysis, and the tables each hands to the report as results/STAGE/TABLE.parquet."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from ldct.tables import curves, lesions, readers

STAGES: Mapping[str, Mapping[str, pa.Schema]] = {
    "physics": curves.TABLES,
    "readers": readers.TABLES,
    "conspicuity": lesions.TABLES,
}


def tables_of(stage: str) -> Mapping[str, pa.Schema]:
    """Name and schema of each table of `stage`; raises KeyError for one that does not exist."""
    return STAGES[stage]
