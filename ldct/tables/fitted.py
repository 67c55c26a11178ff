"""results/metrics/fitted/fold{f}/{metric}.parquet: what a metric learns from a fold's training patients."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import column

NATURALNESS = pa.schema(
    [
        column("feature", pa.int32(), "number of the feature"),
        column("mean", pa.float64(), "mean over patches of full-dose training slices"),
        column("covariance", pa.list_(pa.float64()), "covariance with every feature"),
    ]
)
