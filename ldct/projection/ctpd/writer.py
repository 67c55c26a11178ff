"""Writing DICOM-CT-PD: pydicom builds one file, and every further view changes only that file's values in place."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ImplicitVRLittleEndian

from ldct.projection.ctpd.elements import parse
from ldct.projection.ctpd.tags import CORRECTION_FLAGS, PIXEL_DATA, PRIVATE, PRIVATE_CREATOR, RAW_DATA_STORAGE
from ldct.projection.geometry import Geometry

_FIRST_UID = 10_000_000  # keeps the last UID component, and with it every file, at one length


@dataclass(frozen=True, kw_only=True)
class SeriesInfo:
    """What the files of a series say beside the geometry. UIDs are given, so that equal input gives equal bytes."""

    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    patient_id: str
    views_per_rotation: int
    pitch: float
    water_attenuation: float
    slope: float
    intercept: float
    kvp: float = 120.0
    rotation_time_s: float = 0.5
    manufacturer: str = "LDCT simulator"
    patient_position: str = "HFS"


class Writer:
    """Writes views of `geometry` into `folder`, one file each, uint16 codes in the transposed public layout.

    `photons` is (columns,) or (views, columns): noise-equivalent quanta of the incident beam, PhotonStatistics.
    """

    def __init__(self, folder: Path, geometry: Geometry, info: SeriesInfo, photons: np.ndarray):
        self._folder, self._geometry, self._info = Path(folder), geometry, info
        self._photons = np.broadcast_to(np.asarray(photons, "<f4"), (len(geometry), geometry.detector.columns))
        self._folder.mkdir(parents=True, exist_ok=True)
        template = template_bytes(geometry, info, self._photons[0])
        elements = parse(template, "template")
        self._pixels = elements.values[PIXEL_DATA]
        self._header = bytearray(template[: self._pixels[0]])
        at = {tag: elements.values[tag][0] for tag in (0x00080018, 0x00200013, *_PER_VIEW, 0x70331065)}
        uid = str(_instance_uid(info, 0)).encode()
        self._uids = [template.index(uid), at[0x00080018] + elements.values[0x00080018][1] - len(_pad(uid))]
        self._at = at

    def write(self, start: int, codes: np.ndarray) -> None:
        """Write views start, start + 1, ...; `codes` is uint16 (views, columns, rows)."""
        g, header, at = self._geometry, self._header, self._at
        if codes.dtype != np.uint16 or codes.shape[1] * codes.shape[2] * 2 != self._pixels[1]:
            raise ValueError(f"codes must be uint16 (views, columns, rows), not {codes.dtype} {codes.shape}")
        codes = np.ascontiguousarray(codes, "<u2")
        for i, image in enumerate(codes):
            v = start + i
            uid = _instance_uid(self._info, v).encode()
            for offset in self._uids:
                header[offset : offset + len(uid)] = uid
            header[at[0x00200013] : at[0x00200013] + 8] = b"%-8d" % (v + 1)
            for tag, value in _view_values(g, self._info, v).items():
                struct.pack_into("<f", header, at[tag], value)
            struct.pack_into(f"<{self._photons.shape[1]}f", header, at[0x70331065], *self._photons[v])
            with open(self._folder / f"{v + 1:06d}.dcm", "wb", buffering=0) as file:
                file.write(bytes(header) + image.tobytes())


_PER_VIEW = (0x70311001, 0x70311002, 0x7033100B, 0x7033100C, 0x7033100D, 0x70331067)


def _view_values(g: Geometry, info: SeriesInfo, v: int) -> dict[int, float]:
    turn = 2 * np.pi
    values = (
        g.angle[v] - turn * np.floor(g.angle[v] / turn),
        g.position[v],
        g.angle_shift[v],
        g.axial_shift[v],
        g.radial_shift[v],
        1000.0 * info.rotation_time_s * v / info.views_per_rotation,
    )
    return dict(zip(_PER_VIEW, map(float, values), strict=True))


def _instance_uid(info: SeriesInfo, view: int) -> str:
    return f"{info.series_uid}.{_FIRST_UID + view}"


def _pad(uid: bytes) -> bytes:
    return uid + b"\0" * (len(uid) % 2)


def template_bytes(geometry: Geometry, info: SeriesInfo, photons: np.ndarray) -> bytes:
    """The file of view 0 with zero pixels, written by pydicom: Implicit VR Little Endian, Raw Data Storage."""
    d = geometry.detector
    uid = _instance_uid(info, 0)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(RAW_DATA_STORAGE)
    meta.MediaStorageSOPInstanceUID = UID(uid)
    meta.TransferSyntaxUID = ImplicitVRLittleEndian
    data = Dataset()
    data.ImageType = ["DERIVED", "PRIMARY", "AXIAL" if not geometry.helical else "HELICAL"]
    data.SOPClassUID, data.SOPInstanceUID = RAW_DATA_STORAGE, uid
    data.Modality, data.Manufacturer, data.PatientPosition = "CT", info.manufacturer, info.patient_position
    data.PatientName, data.PatientID = info.patient_id, info.patient_id
    data.StudyInstanceUID, data.SeriesInstanceUID = info.study_uid, info.series_uid
    data.FrameOfReferenceUID = info.frame_of_reference_uid
    data.InstanceNumber = "10000000"  # room for any number, padded with spaces
    data.KVP = f"{info.kvp:g}"
    data.ExposureTime = str(round(1000 * info.rotation_time_s))
    data.XRayTubeCurrent = "200"
    data.DataCollectionDiameter = f"{2 * d.field_radius_mm:.6g}"
    data.SpiralPitchFactor = float(info.pitch)
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = d.columns, d.rows
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.RescaleIntercept, data.RescaleSlope = repr(float(info.intercept)), repr(float(info.slope))
    values = {
        0x70291002: d.column_spacing_mm,
        0x70291006: d.row_spacing_mm,
        0x7029100B: d.shape,
        0x70291010: d.rows,
        0x70291011: d.columns,
        0x70311003: d.source_isocentre_mm,
        0x70311031: d.source_detector_mm,
        0x70311033: [d.central_column, d.central_row],
        0x7033100E: geometry.flying_focal_spot,
        0x70331013: info.views_per_rotation,
        0x70331061: 1,
        0x70331063: 1,
        0x70331065: [float(value) for value in photons],
        0x70371009: "HELICAL" if geometry.helical else "AXIAL",
        0x7037100A: "FANBEAM",
        0x70411001: f"{info.water_attenuation:g}",
    }
    values |= _view_values(geometry, info, 0) | dict.fromkeys(CORRECTION_FLAGS, "YES")
    for group in sorted({tag >> 16 for tag in values}):
        data.add_new((group, 0x0010), "LO", PRIVATE_CREATOR)
    for tag, value in values.items():
        data.add_new(tag, PRIVATE[tag].vr, value)
    data.add_new(PIXEL_DATA, "OW", bytes(2 * d.rows * d.columns))
    buffer = io.BytesIO()
    FileDataset("", data, preamble=b"\0" * 128, file_meta=meta).save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
