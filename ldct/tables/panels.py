"""results/report/panels.parquet: the images of the report, ready to show."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import PATIENT, column

PANELS = pa.schema(
    [
        PATIENT,
        column("region", pa.string(), "body region"),
        column("slice", pa.int32(), "slice index in the image table"),
        column("model", pa.string(), "network, or 'anchor'"),
        column("loss", pa.string(), "training loss, 'low_dose' or 'full_dose'"),
        column("seed", pa.int32(), "training seed; 0 for anchors"),
        column("checkpoint", pa.int32(), "epoch of the weights; 0 for anchors"),
        column("view", pa.string(), "name of the HU window, or 'difference' (image minus full dose)"),
        column("low_hu", pa.float64(), "HU shown black", "HU"),
        column("high_hu", pa.float64(), "HU shown white", "HU"),
        column("rmse_hu", pa.float64(), "RMSE of the whole slice against full dose", "HU"),
        column("image", pa.binary(), "lossless WebP, 8-bit grey"),
    ]
)
