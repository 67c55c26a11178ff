"""Places of the losses."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.consistency.fields import (
    INT,
    REAL,
    TEXT,
    count,
    criterion,
    interval,
    loss,
    model,
    real,
    reason,
    tested,
)
from ldct.tables.schema import column

RANKS = pa.schema(
    [
        *model(),
        *loss(),
        *criterion(),
        *interval("place", "rank of the mean over patients (1 is best)"),
        *interval("mean_rank", "mean over patients of the rank within a patient (1 is best)"),
        column("best", REAL, "share of draws in which the loss is best (ties shared)", nullable=True),
        count("patients", "patients"),
        count("losses", "losses ranked"),
    ]
)

RANK_STABILITY = pa.schema(
    [
        *model(),
        *loss(),
        *criterion(),
        column("place", INT, "rank of the mean over patients (1 is best), ties at the better place"),
        column("probability", REAL, "share of draws"),
    ]
)

BEST_LOSS = pa.schema(
    [
        *model(),
        *criterion(),
        column("loss", TEXT, "loss with the best mean over patients"),
        column("probability", REAL, "share of draws in which it is best"),
        column("second", TEXT, "loss with the second best mean"),
        *interval("margin", "goodness of the best minus the second, on the same patients"),
        column("candidates", TEXT, "fewest losses that together were best in the configured share of draws"),
        real("p_adjusted", "greatest p of this loss against another, after correction over all pairs and criteria"),
        column("sure", TEXT, "sure (by p_adjusted), likely (at least 80 % of draws) or cannot tell"),
        reason(),
        count("patients", "patients"),
        *tested(patients=False),
    ]
)
