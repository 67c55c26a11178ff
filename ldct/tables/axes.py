"""results/axes/{patient}.parquet: patient axes of a projection series, found against the scanner's own images."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import PATIENT, column

# No row where nothing could be found; the job's log says why.
AXES = pa.schema(
    [
        PATIENT,
        column("manufacturer", pa.string(), "scanner manufacturer", nullable=True),
        column("position", pa.string(), "PatientPosition, e.g. HFS"),
        *(column(f"sign_{axis}", pa.int8(), f"{axis} in LPS is this times {axis} in DICOM-CT-PD") for axis in "xyz"),
        *(column(f"shift_{axis}_mm", pa.float64(), "plus this", "mm") for axis in "xyz"),
        column("score", pa.float64(), "normalised cross-correlation of the slab with the scanner's images"),
        column("second", pa.float64(), "the same with the best other signs"),
    ]
)
