"""results/calibration/{model}/{loss}/fold{f}.parquet: weights found for terms with a target share."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import column

CALIBRATION = pa.schema(
    [
        column("term", pa.string(), "term of the loss, numbered where used again"),
        column("psi", pa.float64(), "share of the loss asked for; null where the weight was given", nullable=True),
        column("value", pa.float64(), "mean unweighted value on training patches after the warm-up"),
        column("weight", pa.float64(), "weight with which the loss is trained"),
        column("share", pa.float64(), "share of the loss that this weight gives at these values"),
    ]
)
