"""results/patches/fold{fold}.parquet: aligned low- and full-dose patches of the patients tested in that fold."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import PATIENT, column, image_column


def patches_schema(size: int) -> pa.Schema:
    """Schema of a patch table with square patches of `size` pixels."""
    return pa.schema(
        [
            PATIENT,
            column("slice", pa.int32(), "slice index in the image table"),
            column("row", pa.int32(), "first image row of the patch", "pixel"),
            column("column", pa.int32(), "first image column of the patch", "pixel"),
            image_column("low", (size, size), "low-dose patch"),
            image_column("full", (size, size), "full-dose patch"),
        ]
    )
