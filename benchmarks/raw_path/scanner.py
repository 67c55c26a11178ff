"""The scanner and the phantom that the parts share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ldct.projection.ctpd.writer import SeriesInfo
from ldct.projection.geometry import Detector
from ldct.projection.phantom import Phantom

MU = 0.0192
FULL = Detector(
    columns=736,
    rows=64,
    column_spacing_mm=1.2858,
    row_spacing_mm=1.0947,
    source_isocentre_mm=595.0,
    source_detector_mm=1085.6,
    central_column=369.625,
    central_row=32.5,
)
HALF = replace(
    FULL, columns=368, rows=32, column_spacing_mm=2.5716, row_spacing_mm=2.1894, central_column=184.75, central_row=16.5
)
INFO = SeriesInfo(
    study_uid="2.25.1",
    series_uid="2.25.2",
    frame_of_reference_uid="2.25.3",
    patient_id="benchmark",
    views_per_rotation=1152,
    pitch=0.8,
    water_attenuation=MU,
    slope=1.5e-4,
    intercept=-0.2,
)
# Centre, half axes, density: water, +50 HU, -900 HU, and ten beads of bone that lie at three heights.
BODIES = [
    ((0.0, 0.0, 0.0), (150.0, 120.0, 400.0), MU),
    ((60.0, 10.0, 0.0), (24.0, 24.0, 18.0), 0.05 * MU),
    ((-55.0, -20.0, 0.0), (32.0, 28.0, 22.0), -0.9 * MU),
    *(
        ((120 * np.cos(angle), 95 * np.sin(angle), 6.0 * (k % 3 - 1)), (8.0, 8.0, 5.0), 0.8 * MU)
        for k, angle in enumerate(2 * np.pi * np.arange(10) / 10)
    ),
]


def phantom() -> Phantom:
    made = Phantom()
    for centre, axes, density in BODIES:
        made.ellipsoid(centre, axes, density)
    return made
