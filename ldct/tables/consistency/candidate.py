"""A proposed loss against every other: better on perceptual and task metrics at equal fidelity?"""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.consistency.fields import BOOL, INT, TEXT, count, criterion, interval, loss, model, real, reason
from ldct.tables.schema import column

CANDIDATE_TESTS = pa.schema(
    [
        *model(),
        *loss(),
        column("other", TEXT, "the loss compared with"),
        column("role", TEXT, "fidelity (non-inferiority) or superiority"),
        *criterion(),
        column("family", TEXT, "family of the metric"),
        column("home", BOOL, "whether the proposed loss was trained on this metric; it then does not count"),
        *interval("value", "fidelity: ratio of RMSE to the other's; superiority: mean difference of goodness"),
        real("p", "t with patients and trainings random: one-sided (fidelity, null: ratio of 1 + margin) or two-sided"),
        real("p_holm", "p after correction over metrics and other losses of this network"),
        column("verdict", TEXT, "non-inferior, inferior, better, worse, home metric or cannot tell"),
        reason(),
        count("patients", "patients"),
        count("folds", "folds of these patients"),
        count("runs", "trainings behind the verdict"),
        column("patients_needed", INT, "patients for 80 % power of the non-inferiority test", nullable=True),
    ]
)

CANDIDATE = pa.schema(
    [
        *model(),
        *loss(),
        column("other", TEXT, "the loss compared with"),
        real("margin", "greatest share by which RMSE may be worse"),
        column("fidelity", TEXT, "non-inferior, inferior or cannot tell"),
        count("better", "metrics on which it is better, after correction"),
        count("worse", "metrics on which it is worse, after correction"),
        count("metrics", "metrics judged"),
        column("verdict", TEXT, "supported, trade-off, not supported or cannot tell"),
        count("patients", "patients"),
    ]
)
