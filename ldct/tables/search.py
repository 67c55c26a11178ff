"""results/search/{model}/{loss}/fold{f}.parquet: learning rates that were tried with a loss."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import column

SEARCH = pa.schema(
    [
        column("learning_rate", pa.float64(), "peak learning rate"),
        column("steps", pa.int64(), "optimiser steps of the trial"),
        column("validation_rmse_hu", pa.float64(), "RMSE on the validation patients' patches", "HU", nullable=True),
        column("validation_loss", pa.float64(), "the loss on the validation patients' patches", nullable=True),
        column("reason", pa.string(), "why there is no value", nullable=True),
        column("chosen", pa.bool_(), "whether trainings take it"),
    ]
)
