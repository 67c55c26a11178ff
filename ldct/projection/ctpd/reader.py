"""Reading DICOM-CT-PD series: headers first, pixels streamed on demand."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ldct.errors import InputError
from ldct.projection.ctpd.elements import Elements, media_class, parse
from ldct.projection.ctpd.frames import frame_values
from ldct.projection.ctpd.header import Acquisition, Values, View, acquisition, pixel_bytes, view
from ldct.projection.ctpd.layout import Layout
from ldct.projection.ctpd.tags import DETECTOR_ROWS, PER_FRAME, RAW_DATA_STORAGE
from ldct.projection.geometry import FOCAL_SPOTS, Detector, Geometry

log = logging.getLogger("ldct")
# By more than this the shifts of focal spots differ (rad, mm).
SHIFTS = {"angle_shift": 1e-5, "radial_shift": 1e-3, "axial_shift": 1e-3}
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
    `scale` is (slope, intercept): line integral = code * slope + intercept. `first_instance` is the InstanceNumber of
    the first view of the folder: above 1 where it holds the later part of a scan.
    """

    acquisition: Acquisition
    geometry: Geometry
    sources: list[Source]
    photons: np.ndarray | None
    tube_current: np.ndarray
    timestamp: np.ndarray
    first_instance: int = 1

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

    Files that are no projections, DICOM or not, go to `rejected` when it is given. Raises InputError for gaps,
    duplicates, mixed series, wrong sizes, corrections that were not applied, and irregular focal spots.
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
            if rejected is None or (data[128:132] == b"DICM" and media_class(data) in ("", RAW_DATA_STORAGE)):
                raise
            rejected.append(error)
            continue
        if other := _other_kind(elements, path.name):
            if rejected is None:
                raise other
            rejected.append(other)
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


def _other_kind(elements: Elements, name: str) -> InputError | None:
    """What to say of a DICOM file that is no projection, such as the DICOMDIR of a medium or a scout; else None."""
    kind = str(Values(elements, name).get(0x00080016) or media_class(elements.data))
    if kind in ("", RAW_DATA_STORAGE) or any(tag in elements.values for tag in (DETECTOR_ROWS, PER_FRAME)):
        return None
    return InputError(name, "a DICOM file of another kind", "DICOM-CT-PD", "Nothing to do; it is left out.")


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
    first, last = int(instances[0]), int(instances[-1])
    # One view tells nothing of the others; of more, those at the beginning or the end may have been left behind.
    start = first if len(instances) > 1 else min(first, 1)
    missing = np.setdiff1d(np.arange(start, last + 1), instances)
    if len(missing):
        shown = ", ".join(map(str, missing[:5])) + ", ..." * (len(missing) > 5)
        found = f"views missing: {shown} ({len(missing)} of {start} to {last})"
        raise InputError(name, found, "InstanceNumber without gaps", _AGAIN)
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
        flying_focal_spot=_focal_spots(constant.flying_focal_spot, columns, name),
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
    return Series(constant, geometry, sources, photons, columns["tube_current"], columns["timestamp"], first)


def _focal_spots(stated: str, columns: dict[str, np.ndarray], name: str) -> str:
    """The focal spot mode; by the shifts of the views where none is stated, or the diagonal one without any shift.

    Raises InputError for a mode that is not known, and for shifts of no known mode.
    """
    moved = {field: bool(np.ptp(columns[field]) > limit) for field, limit in SHIFTS.items()}
    if stated == "FFSDIAG" and not any(moved.values()):
        return "FFSNONE"
    if stated in FOCAL_SPOTS:
        return stated
    if stated:
        raise InputError(name, f"focal spot mode {stated[:12]!r}", f"{list(FOCAL_SPOTS)}", _AGAIN)
    spots = len(np.unique(np.stack([np.round(columns[f] / limit) for f, limit in SHIFTS.items()]), axis=1).T)
    by_shifts = {
        (1, False, False): "FFSNONE",
        (2, False, True): "FFSZ",
        (2, True, False): "FFSXY",
        (2, True, True): "FFSDIAG",
        (4, True, True): "FFSXYZ",
    }
    mode = by_shifts.get((spots, moved["angle_shift"], moved["axial_shift"]))
    if mode is None:
        raise InputError(name, f"no focal spot mode, and {spots} different shifts", "those of a known mode", _AGAIN)
    return mode
