"""history.parquet of a training run: a row an epoch; no times, so that equal runs give equal bytes."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import column

HISTORY = pa.schema(
    [
        column("epoch", pa.int32(), "epochs finished, from 1"),
        column("step", pa.int64(), "optimiser steps finished"),
        column("train_loss", pa.float64(), "mean training loss of the epoch, on standardised intensities"),
        column("validation_loss", pa.float64(), "the same loss on the validation patients' patches"),
        column("validation_rmse_hu", pa.float64(), "RMSE on the validation patients' patches", "HU"),
        column("learning_rate", pa.float64(), "at the end of the epoch"),
        column(
            "terms",
            pa.list_(
                pa.struct(
                    [
                        ("term", pa.string()),
                        ("weight", pa.float64()),
                        ("value", pa.float64()),
                        ("share", pa.float64()),
                        ("gradient_share", pa.float64()),
                    ]
                )
            ),
            "each term's weight, mean unweighted value, share of the weighted sum (Psi) and of the gradient norms",
        ),
    ]
)
