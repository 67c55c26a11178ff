"""results/cohort: series, patients, rejections and split."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import PATIENT, column

SERIES = pa.schema(
    [
        PATIENT,
        column("dose", pa.string(), "'full' or 'low'"),
        column("source", pa.string(), "where the images came from: dicom, volume, ctpd, synthetic or inserted"),
        column("slices", pa.int32(), "slices accepted"),
        column("frames", pa.int32(), "frames of the series that were met, copies apart", nullable=True),
        column("lost_share", pa.float64(), "share of them that is not among the slices", nullable=True),
        column("rows", pa.int32(), "image rows", "pixel"),
        column("columns", pa.int32(), "image columns", "pixel"),
        column("pixel_spacing_row_mm", pa.float64(), "distance between rows", "mm"),
        column("pixel_spacing_column_mm", pa.float64(), "distance between columns", "mm"),
        column("slice_spacing_mm", pa.float64(), "median distance between slices", "mm", nullable=True),
        column("slice_thickness_mm", pa.float64(), "nominal thickness", "mm", nullable=True),
        column("kvp", pa.float64(), "tube voltage", "kV", nullable=True),
        column("kernel", pa.string(), "convolution kernel", nullable=True),
        column("manufacturer", pa.string(), "scanner manufacturer", nullable=True),
        column("masked_share", pa.float64(), "share of the pixels that were not measured", nullable=True),
        column("dose_fraction", pa.float64(), "dose relative to full dose, as was wanted", nullable=True),
        column("dose_measured", pa.float64(), "dose relative to full dose by its noise", nullable=True),
        column("quanta", pa.float64(), "full-dose quanta that noise was inserted for", "quanta", nullable=True),
        column("noise_sd_hu", pa.float64(), "median local noise SD in soft tissue", "HU", nullable=True),
        column("lossy", pa.bool_(), "whether the source images were lossily compressed", nullable=True),
        column("note", pa.string(), "what a reader should know of this series", nullable=True),
    ]
)

PATIENTS = pa.schema(
    [
        PATIENT,
        column("region", pa.string(), "body region, the stratum of the split"),
        column("kind", pa.string(), "dicom, volume, ctpd or synthetic"),
        column("fold", pa.int32(), "fold in which the patient is tested"),
        column("slices", pa.int32(), "paired slices", nullable=False),
        column("status", pa.string(), "accepted or rejected"),
        column("reason", pa.string(), "why the patient was rejected", nullable=True),
    ]
)

REJECTIONS = pa.schema(
    [
        PATIENT,
        column("file", pa.string(), "dose and number of the file in the order of names; '' for a whole series"),
        column("found", pa.string(), "what was found"),
        column("expected", pa.string(), "what was expected"),
        column("action", pa.string(), "what to do"),
    ]
)

SPLIT = pa.schema(
    [
        column("fold", pa.int32(), "fold number from 0"),
        PATIENT,
        column("role", pa.string(), "train, validation or test"),
    ]
)
