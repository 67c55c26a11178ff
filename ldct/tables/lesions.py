"""results/lesions, regions, observers and conspicuity: lesions, what is seen of them, and what that says of losses."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import PATIENT, RUN, column

_TEXT, _REAL, _INT = pa.string(), pa.float64(), pa.int32()

# Kinds of LESIONS: an inserted ball; and what is not inserted, a real tumour and a place without a lesion.
BALL, REAL, NONE = "sphere", "real", "none"

LESIONS = pa.schema(
    [
        PATIENT,
        column("lesion", _INT, "number within the patient, from 0"),
        column("kind", _TEXT, "sphere or spiculated (inserted), real (of a mask), none (a place without a lesion)"),
        column("tissue", _TEXT, "soft_tissue or lung; '' for real lesions"),
        column("diameter_mm", _REAL, "of the whole; of the disc of equal area for real lesions, 0 for none", "mm"),
        column("contrast_hu", _REAL, "to the surroundings; null where it was not set", "HU", nullable=True),
        column("slice", _INT, "slice index of the centre in the image table"),
        column("row", _INT, "row of the centre", "pixel"),
        column("column", _INT, "column of the centre", "pixel"),
        *(column(f"{axis}_mm", _REAL, f"{axis} of the centre, LPS", "mm") for axis in "xyz"),
        column("first_slice", _INT, "first slice that the lesion touches"),
        column("last_slice", _INT, "last slice that the lesion touches"),
        column("mask", pa.binary(), "of a real lesion: packed bits (rows, columns) of its region", nullable=True),
    ]
)

REGIONS = pa.schema(
    [
        PATIENT,
        column("lesion", _INT, "number in the LESIONS table"),
        column("present", pa.bool_(), "whether the image has the inserted or real lesion"),
        *RUN,
        column("rows", _INT, "rows of the region", "pixel"),
        column("columns", _INT, "columns of the region", "pixel"),
        column("spacing_row_mm", _REAL, "distance between rows", "mm"),
        column("spacing_column_mm", _REAL, "distance between columns", "mm"),
        column("hu", pa.binary(), "int16 HU (rows, columns), little-endian, centred on the lesion", "HU"),
    ]
)

VALUES = pa.schema(
    [
        PATIENT,
        column("lesion", _INT, "number in the LESIONS table"),
        column("kind", _TEXT, "sphere, spiculated or real"),
        column("tissue", _TEXT, "soft_tissue or lung; '' for real lesions"),
        column("diameter_mm", _REAL, "diameter", "mm"),
        column("contrast_hu", _REAL, "contrast that was set", "HU", nullable=True),
        *RUN,
        column("metric", _TEXT, "name of the measure"),
        column("value", _REAL, "its value for this lesion", nullable=True),
    ]
)

CONSPICUITY = pa.schema(
    [
        column("model", _TEXT, "network, 'anchor', or 'all'"),
        column("loss", _TEXT, "training loss, filter, 'low_dose' or 'full_dose'"),
        column("metric", _TEXT, "name of the measure"),
        column("kinds", _TEXT, "'inserted' (means over inserted lesions) or 'real' (real tumours)"),
        column("mean", _REAL, "mean over patients of the mean over lesions and seeds", nullable=True),
        column("mean_low", _REAL, "lower end of the interval, patients resampled", nullable=True),
        column("mean_high", _REAL, "upper end of the interval", nullable=True),
        column("against", _TEXT, "reference loss, filter or low dose compared with; null for these", nullable=True),
        column("difference", _REAL, "goodness minus that of 'against' on the same patients", nullable=True),
        column("difference_low", _REAL, "lower end of the interval, patients and trainings random", nullable=True),
        column("difference_high", _REAL, "upper end of the interval", nullable=True),
        column("p", _REAL, "two-sided p of the engine, patients and trainings random", nullable=True),
        column("p_holm", _REAL, "p after Holm over losses and measures against the same", nullable=True),
        column("verdict", _TEXT, "better, worse, cannot tell; '' where nothing is compared"),
        column("reason", _TEXT, "why it cannot be told, and what would change that; '' where it can"),
        column("folds", _INT, "folds with both", nullable=True),
        column("runs", _INT, "trainings behind the comparison", nullable=True),
        column("patients", _INT, "patients with both"),
        column("lesions", _INT, "lesions of these patients"),
        column("note", _TEXT, "what a reader should know", nullable=True),
    ]
)

PANELS = pa.schema(
    [
        PATIENT,
        column("lesion", _INT, "number in the LESIONS table"),
        column("title", _TEXT, "what the lesion is"),
        column("model", _TEXT, "network, or 'anchor'"),
        column("loss", _TEXT, "training loss, or an anchor"),
        column("rows", _INT, "rows of the region", "pixel"),
        column("columns", _INT, "columns of the region", "pixel"),
        column("hu", pa.binary(), "int16 HU (rows, columns), little-endian", "HU"),
    ]
)

# What the report reads of results/conspicuity.
TABLES = {"conspicuity": CONSPICUITY, "panels": PANELS}
