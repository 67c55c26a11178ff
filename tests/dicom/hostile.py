"""Run hostile files through the readers in a process of its own, and print what went wrong as JSON.

Each file must end in an InputError or be read as pydicom reads it; the process' memory shows a blow-up.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pydicom.data
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from ldct.cohort.headers import read_header
from ldct.dicom.read import ENHANCED, read_slices
from ldct.errors import InputError
from ldct.projection.ctpd.reader import open_series
from ldct.projection.ctpd.writer import Writer
from ldct.projection.geometry import helical
from ldct.tables.images import INVALID_HU
from tests.dicom.conftest import ct
from tests.dicom.test_read import enhanced
from tests.projection.test_ctpd import INFO
from tests.projection.test_phantom import DETECTOR
from tests.support.mutations import KINDS, mutate

IMAGES, VIEWS = 1400, 600


def image(path: Path) -> str:
    """'read' or 'refused' for an image; raises where it was neither, AssertionError where HU are wrong."""
    read_header(path, b"key")
    try:
        slices = read_slices(path, path.name)
    except InputError as error:
        assert "MemoryError" not in str(error) and "Recursion" not in str(error), str(error)
        return "refused"
    dataset = pydicom.dcmread(path)
    pixels = dataset.pixel_array.reshape(len(slices), int(dataset.Rows), int(dataset.Columns))
    for number, found in enumerate(slices):
        header = dataset
        if dataset.get("SOPClassUID") in ENHANCED:
            header = dataset.PerFrameFunctionalGroupsSequence[number].PixelValueTransformationSequence[0]
        expected = np.rint(pixels[number] * float(header.RescaleSlope) + float(header.RescaleIntercept))
        seen = found.hu != INVALID_HU
        assert np.array_equal(found.hu[seen], np.clip(expected, -32767, 32767)[seen]), "HU differ from pydicom's"
        assert seen.all() or "PixelPaddingValue" in dataset, "pixels are missing without padding"
    return "read"


def views(folder: Path, changed: Path) -> str:
    """The same for a series of projections of which one file is changed."""
    try:
        series = open_series(folder, [])
        codes = series.codes()
    except InputError as error:
        assert "MemoryError" not in str(error), str(error)
        return "refused"
    for source, found, angle in zip(series.sources, codes, series.geometry.angle, strict=True):
        if source.path == changed:
            dataset = pydicom.dcmread(changed)
            stored = np.frombuffer(dataset.PixelData, "<u2").reshape(dataset.Rows, dataset.Columns)
            assert np.array_equal(stored, found), "codes differ from pydicom's"
            assert series.scale == (float(dataset.RescaleSlope), float(dataset.RescaleIntercept)), "another scale"
            expected = np.frombuffer(dataset.get_item((0x7031, 0x1001)).value, "<f4")[0]
            assert abs(np.exp(1j * angle) - np.exp(1j * expected)) < 1e-5, "another angle"
    return "read"


def originals(folder: Path) -> list[bytes]:
    """Good images of every kind that is read."""
    made = [ct(), ct(), ct(), enhanced()]
    made[1].file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    made[2].file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    for syntax in (JPEGLSLossless, JPEG2000Lossless, RLELossless):
        made.append(ct())
        made[-1].compress(syntax)
    found = []
    for dataset in made:
        dataset.save_as(folder / "original.dcm", enforce_file_format=True)
        assert image(folder / "original.dcm") == "read"
        found.append((folder / "original.dcm").read_bytes())
    return found


def main(folder: Path) -> None:
    warnings.simplefilter("ignore")
    failures: list[str] = []
    counts = {"read": 0, "refused": 0}

    def attempt(what: str, read, *arguments) -> None:
        try:
            counts[read(*arguments)] += 1
        except Exception as error:
            failures.append(f"{what}: {type(error).__name__}: {error}")

    collection = Path(pydicom.data.__file__).parent
    files = [path for path in sorted(collection.rglob("*")) if path.is_file() and path.suffix not in (".py", ".pyc")]
    for path in files:
        attempt(path.name, image, path)
        shutil.rmtree(folder / "one", ignore_errors=True)
        (folder / "one").mkdir()
        shutil.copy(path, folder / "one")
        attempt(f"{path.name} as projections", views, folder / "one", folder / "one" / path.name)
    good = originals(folder)
    geometry = helical(DETECTOR, views_per_rotation=12, pitch=1.0, start_mm=0, stop_mm=6)
    codes = np.random.default_rng(0).integers(0, 65536, (len(geometry), DETECTOR.columns, DETECTOR.rows), np.uint16)
    Writer(folder / "series", geometry, INFO, np.full(DETECTOR.columns, 1e5)).write(0, codes)
    changed = sorted((folder / "series").iterdir())[1]
    view = changed.read_bytes()
    assert views(folder / "series", changed) == "read"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(IMAGES + VIEWS):
        rng, kind = np.random.default_rng([7, number]), KINDS[number % len(KINDS)]
        if number < IMAGES:
            path = folder / "mutated.dcm"
            path.write_bytes(mutate(good[number // len(KINDS) % len(good)], kind, rng))
            attempt(f"image {number} ({kind})", image, path)
        else:
            changed.write_bytes(mutate(view, kind, rng))
            attempt(f"view {number} ({kind})", views, folder / "series", changed)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({"files": len(files), **counts, "failures": failures, "grown_mib": grown}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
