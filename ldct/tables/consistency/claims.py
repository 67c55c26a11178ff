"""The paper's claims."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.consistency.fields import INT, REAL, TEXT, count, interval, model, real, reason
from ldct.tables.schema import column

HYPOTHESES = pa.schema(
    [
        column("claim", TEXT, "claim of the paper: a, b, c or d"),
        column("part", TEXT, "which reading of the claim is tested"),
        *model(),
        column("statement", TEXT, "the hypothesis"),
        column("measure", TEXT, "what the effect is"),
        *interval("effect", "the effect"),
        real("threshold", "value that separates support from contradiction"),
        column("supported_if", TEXT, "'above' or 'below' the threshold"),
        column("verdict", TEXT, "supported, contradicted or cannot tell"),
        reason(),
        count("patients", "patients"),
        column("patients_needed", INT, "patients for 80 % power at this effect, by simulation", nullable=True),
        column("sentence", TEXT, "the answer in one plain sentence"),
    ]
)

POWER = pa.schema(
    [
        column("question", TEXT, "claim and part, e.g. 'a ranking'"),
        *model(),
        column("patients", INT, "patients of an imagined study"),
        column("power", REAL, "share of simulated studies that reach a verdict"),
    ]
)

# File stem under results/consistency/ -> schema. Every analysis writes every one of them, if empty.
