"""results/metrics/curves and results/physics: noise power spectra and transfer functions."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import PATIENT, RUN, column

CURVES = pa.schema(
    [
        PATIENT,
        *RUN[:-1],
        column("curve", pa.string(), "nps: radial noise power spectrum in HU^2 mm^2; ttf: transfer function, 1 at 0"),
        column("frequency", pa.float64(), "spatial frequency", "1/mm"),
        column("value", pa.float64(), "mean over the patient's slices"),
        column("slices", pa.int32(), "slices with a value"),
    ]
)

RATIOS = pa.schema(
    [
        column("model", pa.string(), "network, 'anchor', or 'all'"),
        column("loss", pa.string(), "training loss, 'low_dose' or 'full_dose'"),
        column("curve", pa.string(), "nps or ttf"),
        column("frequency", pa.float64(), "spatial frequency", "1/mm"),
        column("level", pa.float64(), "geometric mean over patients of the curve"),
        column("ratio", pa.float64(), "geometric mean over patients of the curve over that of full dose"),
        column("ratio_low", pa.float64(), "lower end of the interval, patients resampled", nullable=True),
        column("ratio_high", pa.float64(), "upper end of the interval", nullable=True),
        column("patients", pa.int32(), "patients with both"),
    ]
)

# What the report reads of results/physics.
TABLES = {"curves": RATIOS}
