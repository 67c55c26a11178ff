"""The raw path: accuracy of helical reconstruction on an analytic phantom, and reading speed against pydicom.

Accuracy: a z-varying phantom (water, +50 HU, -900 HU, bone beads) seen by a detector of half the sampling of a clinical
one, flying focal spot along z; largest absolute error of the region means. Reading: headers and pixels of a series of
DICOM-CT-PD files, by ldct and by pydicom one file after another, in turn, on this machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pydicom

from ldct.projection.ctpd.reader import open_series
from ldct.projection.ctpd.writer import SeriesInfo, Writer
from ldct.projection.geometry import Detector, Geometry, helical
from ldct.projection.phantom import Phantom
from ldct.reconstruction.wfbp import reconstruct_grid

MU = 0.0192
DETECTOR = Detector(
    columns=368,
    rows=32,
    column_spacing_mm=2.5716,
    row_spacing_mm=2.1894,
    source_isocentre_mm=595.0,
    source_detector_mm=1085.6,
    central_column=184.75,
    central_row=16.5,
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


def accuracy() -> tuple[float, float]:
    """Largest absolute error of water, and of the inserts, HU."""
    phantom = Phantom()
    phantom.cylinder((0.0, 0.0), (150.0, 120.0), (-80.0, 80.0), MU)
    phantom.ellipsoid((60.0, 10.0, 0.0), (24.0, 24.0, 18.0), 0.05 * MU)
    phantom.ellipsoid((-55.0, -20.0, 0.0), (32.0, 28.0, 22.0), -0.9 * MU)
    for k in range(10):
        angle = 2 * np.pi * k / 10
        phantom.ellipsoid((120 * np.cos(angle), 95 * np.sin(angle), 6.0 * (k % 3 - 1)), (8.0, 8.0, 5.0), 0.8 * MU)
    geometry = helical(DETECTOR, views_per_rotation=576, pitch=0.8, start_mm=-45, stop_mm=45, flying_focal_spot="FFSZ")
    axis = np.arange(-150.0, 151.0, 2.0)
    projections = phantom.line_integrals(geometry, (2, 2))
    image = 1000 * (reconstruct_grid(projections, geometry, axis, axis, np.array([-2.0, 0.0, 2.0]))[1] / MU - 1)
    x, y = axis[None, :], axis[:, None]
    dense, light = np.hypot(x - 60, y - 10), np.hypot(x + 55, y + 20)
    rings = [(np.hypot(x, y) < r + 20) & (np.hypot(x, y) >= r) & (dense > 34) & (light > 44) for r in (0, 20, 40, 60)]
    water = max(abs(float(image[ring].mean())) for ring in rings)
    inserts = max(abs(float(image[dense < 14].mean()) - 50), abs(float(image[light < 16].mean()) + 900))
    return water, inserts


def reading(views: int, rounds: int) -> float:
    """pydicom's time over ours for the same series, median of rounds."""
    step = DETECTOR.collimation_mm * INFO.pitch / INFO.views_per_rotation
    geometry: Geometry = helical(
        DETECTOR, views_per_rotation=INFO.views_per_rotation, pitch=INFO.pitch, start_mm=0, stop_mm=step * (views - 1)
    )
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        codes = rng.integers(0, 65536, (len(geometry), DETECTOR.columns, DETECTOR.rows), np.uint16)
        Writer(folder, geometry, INFO, np.full(DETECTOR.columns, 1e5)).write(0, codes)
        ratios = []
        for _ in range(rounds):
            start = time.perf_counter()
            ours = open_series(folder).codes()
            middle = time.perf_counter()
            theirs = {}
            for path in folder.iterdir():
                dataset = pydicom.dcmread(path)
                theirs[int(dataset.InstanceNumber)] = dataset.pixel_array
            end = time.perf_counter()
            assert np.array_equal(ours, np.stack([theirs[k] for k in sorted(theirs)])) and np.array_equal(ours, codes)
            ratios.append((end - middle) / (middle - start))
    return float(np.median(ratios))


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--views", type=int, default=2000, help="files of the reading benchmark")
    cli.add_argument("--rounds", type=int, default=3)
    args = cli.parse_args()
    water, inserts = accuracy()
    print(f"hu water_error {water:.2f}")
    print(f"hu insert_error {inserts:.2f}")
    print(f"ratio read_vs_pydicom {reading(args.views, args.rounds):.1f}")


if __name__ == "__main__":
    main()
