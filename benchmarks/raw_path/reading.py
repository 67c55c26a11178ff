"""Reading DICOM-CT-PD: pixels against pydicom, the header index of a whole scan, and the memory of streaming."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom

from benchmarks.raw_path.scanner import FULL, HALF, INFO
from ldct.projection.ctpd.index import write_index
from ldct.projection.ctpd.reader import open_series
from ldct.projection.ctpd.writer import Writer
from ldct.projection.geometry import Detector, Geometry, helical

INDEXED_VIEWS = 48_000


def _scan(detector: Detector, views: int) -> Geometry:
    step = detector.collimation_mm * INFO.pitch / INFO.views_per_rotation
    return helical(
        detector,
        views_per_rotation=INFO.views_per_rotation,
        pitch=INFO.pitch,
        start_mm=0,
        stop_mm=step * (views - 1.5),
    )


def against_pydicom(views: int, rounds: int) -> float:
    """pydicom's time over ours for headers and pixels of the same series, median of rounds."""
    geometry, rng = _scan(HALF, views), np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        codes = rng.integers(0, 65536, (len(geometry), HALF.columns, HALF.rows), np.uint16)
        Writer(folder, geometry, INFO, np.full(HALF.columns, 1e5)).write(0, codes)
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


def index() -> tuple[float, float]:
    """Seconds and peak memory (GiB) of indexing 48,000 views with full headers, in a process of its own."""
    detector = replace(FULL, rows=2, central_row=1.5)  # headers as of 64 rows, pixels small
    geometry = _scan(detector, INDEXED_VIEWS)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "series"
        photons = np.linspace(1e5, 2e5, detector.columns) * (1 + 0.2 * np.sin(np.arange(len(geometry)) / 500))[:, None]
        writer, blank = Writer(folder, geometry, INFO, photons), np.zeros((1000, detector.columns, 2), np.uint16)
        for start in range(0, len(geometry), len(blank)):
            writer.write(start, blank[: len(geometry) - start])
        return _measured(lambda: write_index(folder, Path(temporary) / "index.parquet"))


def stream(views: int = 1500) -> tuple[float, float]:
    """MB/s of the pixels of full-size files, read in blocks, and peak memory (GiB)."""
    geometry, rng = _scan(FULL, views), np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as temporary:
        codes = rng.integers(0, 65536, (100, FULL.columns, FULL.rows), np.uint16)
        writer = Writer(Path(temporary), geometry, INFO, np.full(FULL.columns, 1e5))
        for start in range(0, len(geometry), len(codes)):
            writer.write(start, codes[: len(geometry) - start])
        series = open_series(temporary)

        def read() -> None:
            for start in range(0, len(series), 128):
                series.codes(start, start + 128)

        seconds, memory = _measured(read)
        return len(series) * codes[0].nbytes / seconds / 1e6, memory


def _measured(work) -> tuple[float, float]:
    """Seconds and peak memory (GiB) of `work` in a child process."""
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise RuntimeError("the measured process failed")
    return time.perf_counter() - start, usage.ru_maxrss / (1 << 20)


def report(views: int, rounds: int) -> None:
    seconds, memory = index()
    print(f"s index_{INDEXED_VIEWS}_views {seconds:.1f} ({memory:.2f} GiB at most)")
    rate, memory = stream()
    print(f"MB/s pixels {rate:.0f} ({memory:.2f} GiB at most, {resource.getpagesize()} byte pages)")
    print(f"ratio read_vs_pydicom {against_pydicom(views, rounds):.1f}")
