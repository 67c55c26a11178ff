"""results/validity: how each metric answers graded degradations of full-dose images."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import PATIENT, column

_LADDER = [
    column("metric", pa.string(), "name in the catalogue"),
    column("window", pa.string(), "HU window of the metric; 'hu' for metrics on HU"),
    column("degradation", pa.string(), "noise, blur, hu_shift, contrast_loss or texture_removal"),
]

# values.parquet: every measured value.
VALIDITY_VALUES = pa.schema(
    [
        PATIENT,
        column("slice", pa.int32(), "slice index in the image table"),
        *_LADDER,
        column("level", pa.int32(), "rung of the ladder; 0 is the full-dose image itself"),
        column("amount", pa.float64(), "strength of the degradation, in `unit`"),
        column("unit", pa.string(), "unit of the amount"),
        column("value", pa.float64(), "the metric's value", nullable=True),
        column("badness", pa.float64(), "the value turned so that larger is worse", nullable=True),
        column("reason", pa.string(), "why there is no value", nullable=True),
    ]
)

# summary.parquet: a row for each metric, window and degradation.
VALIDITY = pa.schema(
    [
        *_LADDER,
        column("images", pa.int32(), "slices with values at two or more rungs"),
        column("patients", pa.int32(), "patients of these slices"),
        column(
            "monotonicity",
            pa.float64(),
            "mean over slices of Kendall's tau-b between rung and badness: 1 always worse, -1 always better",
            nullable=True,
        ),
        column(
            "monotonicity_low",
            pa.float64(),
            "lower end of its interval over patients; the ladders of a metric share the level of .05",
            nullable=True,
        ),
        column("monotonicity_high", pa.float64(), "upper end of the same interval", nullable=True),
        column("strictly_monotone", pa.float64(), "share of slices that get worse at every rung", nullable=True),
        column("ties", pa.float64(), "share of neighbouring rungs with equal values", nullable=True),
        column(
            "sensitivity",
            pa.float64(),
            "mean rise of badness from the weakest to the strongest rung over the SD between slices within a rung",
            nullable=True,
        ),
        column(
            "first_step",
            pa.float64(),
            "mean rise of badness at the weakest rung over the rise along the whole ladder",
            nullable=True,
        ),
    ]
)
