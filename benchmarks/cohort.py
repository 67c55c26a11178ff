"""Whether folders become the right cohort, and what reading their headers takes.

count layouts_right: of the layouts in tests/support/layouts.py, those whose manifest has the right persons and pairs,
or whose refusal names the option that decides. count people_on_two_sides: persons of these manifests whose rows are
dealt to two folds. ratio scan_vs_pydicom: seconds of a plain loop of pydicom over 20,000 small files over those of a
first scan. count mib_scan: peak memory of the scan, its processes together.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from pathlib import Path

import pydicom
from pydicom.uid import UID

from ldct.__main__ import main as ldct
from ldct.cohort.guard import shared_identities
from ldct.study.manifest import read_manifest
from ldct.study.split import assign
from tests.dicom.conftest import ct
from tests.support.layouts import KNOWN, LAYOUTS, Layout, mistakes, truth

SERIES, FILES = 200, 100
ROUNDS = 3
SCAN = """
import json, resource, sys, time
from pathlib import Path
import ldct.tables.io
from ldct.cohort.scan import scan_folders
times = []
for _ in range(2):
    start = time.perf_counter()
    scan_folders([Path(sys.argv[1])], Path(sys.argv[2]))
    times.append(time.perf_counter() - start)
peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps({"first": times[0], "again": times[1], "peaks": peaks}))
"""


def main() -> None:
    warnings.simplefilter("ignore")
    right, two_sides = 0, 0
    for name, layout in LAYOUTS.items():
        with tempfile.TemporaryDirectory() as temporary:
            wrong, twice = judge(layout, Path(temporary))
        right, two_sides = right + (not wrong), two_sides + twice
        for text in wrong:
            print(f"# {name}: {text}", file=sys.stderr)
    print(f"count layouts {len(LAYOUTS)}")
    print(f"count layouts_known_in_public {len(KNOWN)}")
    print(f"count layouts_right {right}")
    print(f"count people_on_two_sides {two_sides}")
    with tempfile.TemporaryDirectory() as temporary:
        measure(Path(temporary))


def judge(layout: Layout, folder: Path) -> tuple[list[str], int]:
    """What is wrong with the manifest of a layout, and how many persons stand in two folds."""
    layout.write(folder / "data")
    manifest = folder / "cohort.csv"
    folders = [str(folder / "data" / one) for one in layout.folders]
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        status = ldct(["manifest", *folders, "-o", str(manifest), *layout.options])
    if status:
        named = layout.refused and layout.refused in said.getvalue() and not manifest.exists()
        return ([] if named else [said.getvalue().strip()]), 0
    patients = read_manifest(manifest)
    fold_of = assign(patients, folds=max(2, len(patients)), seed=0)
    folds: dict[str, set[int]] = defaultdict(set)
    for patient in patients:
        for place in patient.folders.values():
            for person, _, _ in truth(place):
                folds[person].add(fold_of[patient.patient])
    return mistakes(layout, manifest) + shared_identities(patients)[0], sum(len(own) > 1 for own in folds.values())


def measure(folder: Path) -> None:
    files = write_files(folder / "data")
    plain, first, again, peaks = [], [], [], []
    for number in range(ROUNDS):
        start = time.perf_counter()
        for path in files:
            pydicom.dcmread(path, stop_before_pixels=True)
        plain.append(time.perf_counter() - start)
        command = [sys.executable, "-c", SCAN, str(folder / "data"), str(folder / f"index{number}.parquet")]
        done = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        first.append(done["first"])
        again.append(done["again"])
        peaks.append(done["peaks"][0] + len(os.sched_getaffinity(0)) * done["peaks"][1])
    print(f"seconds pydicom_{len(files)}_files {min(plain):.2f}")
    print(f"seconds scan_{len(files)}_files {min(first):.2f}")
    print(f"seconds scan_again {min(again):.2f}")
    print(f"ratio scan_vs_pydicom {min(plain) / min(first):.2f}")
    print(f"count mib_scan {max(peaks):.0f}")


def write_files(folder: Path) -> list[Path]:
    """Small images of many series, each file with a number, a position and an instance of its own."""
    marks = {"series": "1.2.3.444444", "person": "P444444", "instance": "1.2.3.555555555", "place": "777.000"}
    made = ct(
        PatientID=marks["person"],
        StudyInstanceUID=marks["series"] + ".1",
        SeriesInstanceUID=marks["series"],
        FrameOfReferenceUID=marks["series"] + ".2",
        SeriesDescription="Full Dose Images",
        ProtocolName="Thorax",
        StudyDate="20180821",
        StudyTime="101112",
        AccessionNumber="1",
        Manufacturer="SIEMENS",
        ManufacturerModelName="SOMATOM Definition AS+",
        ConvolutionKernel="B30f",
        Exposure=120,
        XRayTubeCurrent=240,
        ExposureTime=500,
        BodyPartExamined="CHEST",
        InstanceNumber=1,
        AcquisitionNumber=1,
        WindowCenter=40,
        WindowWidth=400,
        Rows=16,
        Columns=16,
    )
    made.PixelData = b"\0" * 512
    made.ImagePositionPatient = ["-10", "-8", marks["place"]]
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = UID(marks["instance"])
    buffer = io.BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    template, paths = buffer.getvalue(), []
    for series in range(SERIES):
        place = folder / f"P{series:06d}" / f"S{series:06d}"
        place.mkdir(parents=True)
        own = template.replace(b"444444", f"{series:06d}".encode())
        for number in range(FILES):
            content = own.replace(b"555555555", f"{series * FILES + number:09d}".encode())
            path = place / f"{number:04d}.dcm"
            path.write_bytes(content.replace(b"777.000", f"{3 * number:07.3f}".encode()))
            paths.append(path)
    return paths


if __name__ == "__main__":
    main()
