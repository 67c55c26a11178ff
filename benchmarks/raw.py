"""The raw path: accuracy of helical reconstruction, an independent referee, speed, and reading.

Accuracy: a phantom that varies along z, seen by a detector of half the sampling of a clinical one, in slices of 3 mm;
largest absolute error of the region means. Referee: the same phantom projected by itk-rtk, compared ray by ray and
reconstructed here. gecatsim: noise of lower doses against that of a polychromatic simulator. Speed: voxel updates of a
core-second against itk-rtk's FDK. Reading: a series of DICOM-CT-PD files by ldct and by pydicom, one file after
another, in turn, on this machine; the header index of 48,000 views.

Seen on two loaded cores: water within 0.5 HU and inserts within 0.8 HU in the middle slice (FFSZ, pitch 0.8; 0.6 and
0.5 HU on average over five slices and four starts, 1.3 HU at most); line integrals within 5e-7 of itk-rtk's, and its
projections reconstructed here within 0.3 (water) and 0.6 HU; 9 to 11 times itk-rtk's voxel updates a core-second, 0.09
of the arithmetic floor; 48,000 headers indexed in 11 to 13 s, 1.7 GiB at most; files read 13 to 14 times as fast as by
pydicom. For gecatsim see benchmarks/raw_path/gecatsim.py.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

PARTS = ("accuracy", "referee", "gecatsim", "speed", "reading")


def referee() -> None:
    import numpy as np

    try:
        from benchmarks.raw_path.rtk import line_integrals
    except ImportError:
        print("itk-rtk as referee unavailable: pip install 'ldct[bench]' gets it")
        return
    from benchmarks.raw_path.accuracy import SLICES, errors, scan
    from benchmarks.raw_path.scanner import BODIES, phantom

    for mode in ("FFSNONE", "FFSZ", "FFSXY", "FFSXYZ"):
        geometry = scan(mode).views(slice(200, 240))
        difference = np.abs(line_integrals(geometry, BODIES) - phantom().line_integrals(geometry))
        print(f"line integrals against itk-rtk, {mode}: largest difference {difference.max():.1e} of about 5")
    geometry = scan()
    water, inserts = errors(geometry, line_integrals(geometry, BODIES))
    middle = SLICES // 2
    print(
        f"hu water_error {water[middle]:.2f}, inserts {inserts[middle]:.2f}: itk-rtk's projections reconstructed here"
    )


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all by default")
    cli.add_argument("--views", type=int, default=2000, help="files of the reading benchmark")
    cli.add_argument("--rounds", type=int, default=3)
    args = cli.parse_args()
    from benchmarks.raw_path import accuracy, gecatsim, reading, speed

    run = {
        "accuracy": accuracy.report,
        "referee": referee,
        "gecatsim": gecatsim.report,
        "speed": speed.report,
        "reading": lambda: reading.report(args.views, args.rounds),
    }
    for part in args.parts or PARTS:
        run[part]()


if __name__ == "__main__":
    main()
