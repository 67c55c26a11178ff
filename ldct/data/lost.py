"""Whether too many frames of a study were lost on the way to its images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ldct.errors import LdctError
from ldct.tables import read_table
from ldct.tables.cohort import SERIES


def check_lost(tables: Sequence[Path], stop_lost: float) -> None:
    """Raise LdctError where the mean over patients of the share of frames lost is above `stop_lost`.

    tables: the SERIES table of each patient; an empty one is that of a rejected patient, who has lost all. A patient
    counts by the dose that lost more; series without frames to count (projections) have lost none.
    """
    shares = []
    for path in tables:
        rows = read_table(path, SERIES).to_pylist()
        shares.append(max((row["lost_share"] or 0.0 for row in rows), default=1.0))
    mean = sum(shares) / max(len(shares), 1)
    if mean > stop_lost:
        raise LdctError(
            f"found {100 * mean:.3g} % of the frames of {len(shares)} patients lost; expected at most "
            f"{100 * stop_lost:g} % (cohort.stop_lost). results/cohort/parts/*.rejections.parquet say why."
        )
