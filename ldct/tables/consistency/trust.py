"""What the first page of the report stands on: metrics that can be trusted, and the bar that losses have to beat."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.consistency.fields import BOOL, TEXT, count, criterion, interval, loss, model, real, reason, tested
from ldct.tables.schema import column

TRUST = pa.schema(
    [
        *model(),
        *criterion(),
        column("construct", TEXT, "what the metric is about"),
        column("votes", BOOL, "whether it has a vote on the losses; a metric that fails its validity ladder has none"),
        column("validity", TEXT, "passes, fails, cannot tell or not tested, by degraded full-dose images"),
        reason(),
        column("follows", TEXT, "degradations with which it surely gets worse, comma separated"),
        column("against", TEXT, "degradations that it surely prefers, comma separated"),
        count("images", "slices tried on the ladder"),
        count("patients_tried", "patients of these slices"),
        *interval(
            "lesion_tau",
            "mean tau-b between its order of the losses and those by measures of inserted lesions; intervals share the "
            "level over the metrics",
        ),
        column("lesions", TEXT, "orders the losses as lesions do, against lesions, or cannot tell; '' without lesions"),
        column("lesions_reason", TEXT, "why it cannot be told, and what would change that; '' for a verdict"),
        count("patients", "patients behind lesion_tau"),
        count("folds", "folds of these patients"),
        count("runs", "trainings behind lesion_tau"),
    ]
)

FILTERS = pa.schema(
    [
        *model(),
        *criterion(),
        *loss(),
        column("filter", TEXT, "denoiser without training, as in ldct.filters"),
        *interval(
            "difference",
            "mean over patients of goodness of the loss minus that of the filter, on the same images; patients and "
            "trainings random, null ends where trainings cannot be told from patients",
        ),
        real("all_low", "lower end of an interval that holds for all losses and filters of the criterion at once"),
        real("all_high", "upper end of an interval that holds for all losses and filters of the criterion at once"),
        real("p_adjusted", "p after correction over losses, filters and criteria of this network"),
        column("verdict", TEXT, "better, worse, same within margin or cannot tell: the loss against the filter"),
        reason(),
        count("patients", "patients"),
        *tested(patients=False),
    ]
)
