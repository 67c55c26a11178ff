"""Reading DICOM-CT-PD series: headers first, pixels streamed on demand."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ldct.errors import InputError
from ldct.projection.ctpd.elements import Elements, parse
from ldct.projection.ctpd.frames import frame_values
from ldct.projection.ctpd.header import Acquisition, Values, View, acquisition, pixel_bytes, view
from ldct.projection.ctpd.layout import Layout
from ldct.projection.geometry import FOCAL_SPOTS, Detector, Geometry

log = logging.getLogger("ldct")
_AGAIN = "Fetch the whole series again; files of one series belong in one folder."


@dataclass(frozen=True, eq=False)
class Source:
    """Where one view's pixels lie."""

    path: Path
    offset: int
    order: str
    data: bytes | None = None  # inflated content of a deflated file
    frame: int = 0  # of a multi-frame file


@dataclass(frozen=True, eq=False)
class Series:
    """A checked series in acquisition order.

    `photons` is (views, columns) noise-equivalent quanta of the incident beam, or None where the files carry none;
    `scale` is (slope, intercept): line integral = code * slope + intercept.
    """

    acquisition: Acquisition
    geometry: Geometry
    sources: list[Source]
    photons: np.ndarray | None
    tube_current: np.ndarray
    timestamp: np.ndarray

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def scale(self) -> tuple[float, float]:
        return self.acquisition.slope, self.acquisition.intercept

    def views(self, start: int, stop: int) -> Series:
        """The series of views start..stop only."""
        own = slice(start, stop)
        return replace(
            self,
            geometry=self.geometry.views(own),
            sources=self.sources[own],
            photons=None if self.photons is None else self.photons[own],
            tube_current=self.tube_current[own],
            timestamp=self.timestamp[own],
        )

    def codes(self, start: int = 0, stop: int | None = None, step: int = 1) -> np.ndarray:
        """Stored values of views start..stop, uint16 (views, columns, rows). Raises InputError for a short file."""
        a = self.acquisition
        sources = self.sources[start:stop:step]
        out = np.empty((len(sources), a.columns, a.rows), np.uint16)
        shape = out.shape[1:] if a.transposed else out.shape[:0:-1]
        buffer = np.empty(shape, np.uint16)
        for i, source in enumerate(sources):
            target = out[i] if a.transposed else buffer
            _read_pixels(source, target)
            if source.order == ">":
                target.byteswap(inplace=True)
            if not a.transposed:
                out[i] = buffer.T
        return out

    def line_integrals(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Line integrals of views start..stop, float32 (views, columns, rows)."""
        slope, intercept = self.scale
        return self.codes(start, stop) * np.float32(slope) + np.float32(intercept)


def _read_pixels(source: Source, target: np.ndarray) -> None:
    if source.data is not None:
        target.ravel()[:] = np.frombuffer(source.data, np.uint16, target.size, source.offset)
        return
    with open(source.path, "rb", buffering=0) as file:
        file.seek(source.offset)
        if file.readinto(memoryview(target.data).cast("B")) != target.nbytes:
            raise InputError(source.path.name, "fewer pixels than before", "an unchanged file", _AGAIN)


def open_series(folder: str | Path, rejected: list[InputError] | None = None) -> Series:
    """Read and check the headers of all files in `folder`, below it included, and sort them by InstanceNumber.

    Headers are read in one pass, pixels only when asked for.

    Files that are no DICOM at all go to `rejected` when it is given. Raises InputError for gaps, duplicates, mixed
    series, wrong sizes, corrections that were not applied, and irregular focal spots.
    """
    folder = Path(folder)
    constant: Acquisition | None = None
    views: list[View] = []
    sources: list[Source] = []
    for own, found, source in scan(folder, rejected):
        if constant is None:
            constant = own
        elif own is not constant and own != constant:
            names = [n for n, a, b in zip(Acquisition._fields, own, constant, strict=True) if a != b]
            raise InputError(source.path.name, f"other values of {', '.join(names)}", "one series in a folder", _AGAIN)
        views.append(found)
        sources.append(source)
    if constant is None:
        raise InputError(folder.name, "no projections", "DICOM-CT-PD files", "Name the folder that holds the series.")
    order = sorted(range(len(views)), key=lambda i: (views[i].instance, sources[i].frame))
    views, sources = [views[i] for i in order], [sources[i] for i in order]
    if any(source.frame for source in sources):
        views = _number_frames(views, sources, folder.name)
    return assemble(constant, views, sources, folder.name)


def _number_frames(views: list[View], sources: list[Source], name: str) -> list[View]:
    """Number the frames of files 1, 2, ... through; the last file may hold fewer."""
    starts = [view.instance for view, source in zip(views, sources, strict=True) if source.frame == 0]
    if starts != list(range(1, len(starts) + 1)):
        raise InputError(name, "multi-frame files missing or twice", "InstanceNumber 1, 2, 3, ...", _AGAIN)
    return [view._replace(instance=number) for number, view in enumerate(views, start=1)]


def scan(folder: Path, rejected: list[InputError] | None = None) -> Iterator[tuple[Acquisition, View, Source]]:
    """Decode every file of `folder`, in order of their names; one item a view."""
    layout: Layout | None = None
    known: Acquisition | None = None
    for path in _files(folder):
        with open(path, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if layout is not None and known is not None and size == layout.size:
                header = file.read(layout.pixel_offset)
                found = layout.view(header)
                if found is not None:
                    yield known, found, Source(path, layout.pixel_offset, layout.order)
                    continue
                file.seek(0)
            data = file.readall()
        try:
            elements = parse(data, path.name)
        except InputError as error:
            if rejected is None or data[128:132] == b"DICM":
                raise
            rejected.append(error)
            continue
        frames = Values(elements, path.name).number(0x00280008, 1.0)
        if frames > 1:
            yield from _multi_frame(elements, path, int(frames))
            continue
        values = Values(elements, path.name)
        own, found = acquisition(values), view(values)
        offset, _ = pixel_bytes(elements, path.name, own.rows * own.columns)
        if known is None or own != known:
            known = own
        inflated = elements.data if elements.inflated else None
        if layout is None and inflated is None:
            layout = Layout.of(elements, size)
        yield known, found, Source(path, offset, elements.order, inflated)


def _multi_frame(elements: Elements, path: Path, frames: int) -> Iterator[tuple[Acquisition, View, Source]]:
    items = frame_values(elements, path.name, frames)
    inflated = elements.data if elements.inflated else None
    for number, item in enumerate(items):
        values = Values(elements, path.name, item)
        own = acquisition(values)
        size = own.rows * own.columns * 2
        if number == 0:
            offset, _ = pixel_bytes(elements, path.name, own.rows * own.columns * frames)
        yield own, view(values), Source(path, offset + number * size, elements.order, inflated, number)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError(folder.name, "no such folder", "a folder of DICOM-CT-PD files", "Check the path.")
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(root, name) for name in sorted(names) if not name.startswith(".")]
    return found


def assemble(constant: Acquisition, views: list[View], sources: list[Source], name: str) -> Series:
    """The series of views in order of their InstanceNumber. Raises InputError as `open_series` does."""
    instances = np.array([v.instance for v in views])
    repeated = instances[1:][np.diff(instances) == 0]
    if len(repeated):
        raise InputError(name, f"InstanceNumber {repeated[0]} twice", "each view once", _AGAIN)
    if instances[0] != 1 or instances[-1] != len(instances):
        missing = np.setdiff1d(np.arange(1, len(instances) + 1), instances)[:5]
        raise InputError(
            name, f"views missing: {', '.join(map(str, missing))} ...", "1, 2, 3, ... without gaps", _AGAIN
        )
    if constant.flying_focal_spot not in FOCAL_SPOTS:
        raise InputError(name, f"focal spot mode {constant.flying_focal_spot[:12]!r}", f"{list(FOCAL_SPOTS)}", _AGAIN)
    columns = {field: np.array([getattr(v, field) for v in views]) for field in View._fields if field != "photons"}
    for field, values in columns.items():
        if not np.isfinite(values).all():
            raise InputError(name, f"non-finite {field}", "finite numbers", _AGAIN)
    if np.abs(columns["angle_shift"]).max() > 0.05:
        action = "The files swap the angular and the axial focal spot shift; fix (7033,100B) and (7033,100C)."
        raise InputError(name, "angular focal spot shifts above 0.05 rad", "about 0.001 rad", action)
    geometry = Geometry(
        detector=Detector(
            columns=constant.columns,
            rows=constant.rows,
            column_spacing_mm=constant.column_spacing_mm,
            row_spacing_mm=constant.row_spacing_mm,
            source_isocentre_mm=constant.source_isocentre_mm,
            source_detector_mm=constant.source_detector_mm,
            central_column=constant.central_column,
            central_row=constant.central_row,
            shape=constant.shape,
        ),
        angle=np.unwrap(columns["angle"]),
        position=columns["position"],
        angle_shift=columns["angle_shift"],
        radial_shift=columns["radial_shift"],
        axial_shift=columns["axial_shift"],
        flying_focal_spot=constant.flying_focal_spot,
        helical=constant.projection_type == "HELICAL",
    )
    if geometry.helical and constant.pitch and abs(geometry.feed_mm):
        expected = constant.pitch * geometry.detector.collimation_mm
        if abs(abs(geometry.feed_mm) / expected - 1) > 0.02:
            log.warning("%s: table feed %.2f mm, but the pitch says %.2f mm", name, abs(geometry.feed_mm), expected)
    lengths = {len(v.photons) for v in views}
    photons = None
    if lengths in ({constant.columns}, {1}):
        photons = np.stack([v.photons for v in views])
        photons = np.broadcast_to(photons, (len(views), constant.columns))
    elif lengths != {0}:
        raise InputError(name, f"PhotonStatistics of {sorted(lengths)} values", f"{constant.columns}", _AGAIN)
    if photons is not None and not (np.isfinite(photons).all() and photons.min() > 0):
        raise InputError(name, "PhotonStatistics that are not positive", "quanta of each column", _AGAIN)
    return Series(constant, geometry, sources, photons, columns["tube_current"], columns["timestamp"])
