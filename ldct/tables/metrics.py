"""results/metrics: values in long form, and the catalogue that says how to read them."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import PATIENT, RUN, column

# In the column 'slice': a value of the whole patient (task and distribution metrics).
WHOLE_PATIENT = -1

METRICS = pa.schema(
    [
        PATIENT,
        column("slice", pa.int32(), "slice index in the image table; -1 for a value of the whole patient"),
        *RUN,
        column("selected", pa.bool_(), "whether the checkpoint rule chose this epoch; true for anchors"),
        column("metric", pa.string(), "name in the catalogue"),
        column(
            "window",
            pa.string(),
            "HU window that maps the image to [0, 1]; 'hu' for metrics on HU themselves",
        ),
        column("value", pa.float64(), "the metric's value, in the unit the catalogue gives", nullable=True),
        column("reason", pa.string(), "why there is no value", nullable=True),
    ]
)

# results/metrics/kept: with what a later run needs to know a value again.
JUDGED = pa.schema(
    [
        *METRICS,
        column("images", pa.string(), "digest of the image, its reference, the measured pixels and their spacing"),
        column("made_by", pa.string(), "digest of the metric's code, window, weights, fitted table and libraries"),
    ]
)

CATALOGUE = pa.schema(
    [
        column("metric", pa.string(), "name"),
        column("label", pa.string(), "name as a reader writes it"),
        column("family", pa.string(), "fidelity, structure, perceptual, no_reference, physics, task or distribution"),
        column("construct", pa.string(), "side of image quality that it is about", nullable=True),
        column(
            "direction",
            pa.string(),
            "which values are better: higher, lower, zero (nearest 0) or one (nearest 1)",
        ),
        column("low", pa.float64(), "smallest possible value", nullable=True),
        column("high", pa.float64(), "largest possible value", nullable=True),
        column("unit", pa.string(), "unit of the value, '' for none"),
        column("mapping", pa.string(), "what the metric sees: 'hu' or 'window'"),
        column("reference", pa.bool_(), "whether it compares with the full-dose image"),
        column("source", pa.string(), "paper or software that defines it"),
        column("licence", pa.string(), "licence of weights or parameters it uses"),
        column("available", pa.bool_(), "whether it could be computed here"),
        column(
            "note",
            pa.string(),
            "why not, and the command that changes it; or what a reader should know",
            nullable=True,
        ),
    ]
)
