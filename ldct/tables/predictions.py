"""results/predictions/{model}/{loss}/fold{fold}/seed{seed}.parquet: denoised slices of the test patients."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import PATIENT, column, image_column


def predictions_schema(shape: tuple[int, int]) -> pa.Schema:
    """Schema of a prediction table with slices of `shape` (rows, columns)."""
    return pa.schema(
        [
            PATIENT,
            column("slice", pa.int32(), "slice index in the image table"),
            column("checkpoint", pa.int32(), "epoch of the weights"),
            column("selected", pa.bool_(), "whether the checkpoint rule chose this epoch"),
            image_column("hu", shape, "denoised image; -32768 where the input was unmeasured"),
        ]
    )
