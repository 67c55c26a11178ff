"""Level of every loss by every criterion."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.consistency.fields import BOOL, INT, TEXT, count, criterion, interval, loss, model, real, reason
from ldct.tables.schema import PATIENT, column

PATIENT_VALUES = pa.schema(
    [
        *model(),
        column("loss", TEXT, "training loss, 'low_dose' or 'full_dose'"),
        *criterion(),
        PATIENT,
        real("mean", "mean of the metric's value over slices and seeds, in its unit"),
        real("goodness", "the same of goodness"),
        real("rank", "rank among the ranked losses of this patient (1 is best); null for anchors"),
        count("slices", "slices behind the mean"),
        count("seeds", "seeds behind the mean"),
    ]
)

RUN_VALUES = pa.schema(
    [
        column("model", TEXT, "network"),
        *loss(),
        column("fold", INT, "fold in which the patient is tested"),
        column("seed", INT, "training seed"),
        *criterion(),
        PATIENT,
        real("mean", "mean of the metric's value over slices, in its unit"),
        real("goodness", "the same of goodness"),
    ]
)

LOSS_VALUES = pa.schema(
    [
        *model(),
        column("loss", TEXT, "training loss, 'low_dose' or 'full_dose'"),
        column("anchor", BOOL, "whether it is an anchor, not a loss"),
        *criterion(),
        *interval("mean", "mean over patients of patient means, in the metric's unit; given seeds"),
        real("low_seeds", "lower end of the interval with seeds resampled as well"),
        real("high_seeds", "upper end of the interval with seeds resampled as well"),
        real("patient_sd", "SD between patient means"),
        real("seed_sd", "SD between seeds of the mean over patients"),
        real("goodness", "mean goodness"),
        *interval(
            "gain",
            "mean goodness minus that of the low-dose input, on the same patients; patients and trainings random, null "
            "ends where these cannot be told apart",
        ),
        column(
            "against_low_dose",
            TEXT,
            "better, worse or cannot tell, after Holm over losses and criteria; 'itself' for the low-dose anchor",
        ),
        reason(),
        count("patients", "patients"),
        count("slices", "slices of these patients"),
        count("seeds", "seeds"),
    ]
)
