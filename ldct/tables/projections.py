"""The header index of a DICOM-CT-PD series: a row a view, in order of acquisition."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import column

# The constants of the acquisition stand in the schema's metadata, as JSON under `acquisition`.
PROJECTIONS = pa.schema(
    [
        column("instance", pa.int32(), "InstanceNumber, from 1"),
        column("file", pa.string(), "path relative to the series' folder"),
        column("offset", pa.int64(), "where the view's pixels begin in the file", "byte"),
        column("big_endian", pa.bool_(), "byte order of the pixels"),
        column("angle", pa.float64(), "(7031,1001) DetectorFocalCenterAngularPosition", "rad"),
        column("position", pa.float64(), "(7031,1002) DetectorFocalCenterAxialPosition", "mm"),
        column("angle_shift", pa.float64(), "(7033,100B) SourceAngularPositionShift", "rad"),
        column("radial_shift", pa.float64(), "(7033,100D) SourceRadialDistanceShift", "mm"),
        column("axial_shift", pa.float64(), "(7033,100C) SourceAxialPositionShift", "mm"),
        column("tube_current", pa.float64(), "(0018,1151) XRayTubeCurrent", "mA"),
        column("timestamp", pa.float64(), "(7033,1067) Timestamp", "ms"),
        column("photons", pa.list_(pa.float32()), "(7033,1065) PhotonStatistics, one a column, one, or none", "quanta"),
    ]
)
