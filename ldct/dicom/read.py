"""CT slices from a DICOM file: rescaled to HU, padding marked, everything doubtful refused."""

from __future__ import annotations

import logging
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID, CTImageStorage, EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage

from ldct.dicom.enhanced import Frame, frames_of
from ldct.dicom.limits import check_inflated, check_size
from ldct.errors import InputError
from ldct.tables.images import INVALID_HU

SINGLE = CTImageStorage
ENHANCED = (EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage)
# Values of ImageType that say an image is no acquired slice.
NO_SLICE = {"LOCALIZER", "MPR", "CSA MPR", "MIP", "MINIP", "MAX_IP", "MIN_IP", "MEAN", "VOLUME_RENDER", "SCREEN SAVE"}
NO_SLICE |= {"REFORMATTED", "PROJECTION IMAGE", "DOSE_INFO"}
RESCALE_TYPES = {"HU", "US", "OD", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"}
BODY_HU = (-200.0, 300.0)
# Its messages quote header values, which may identify a patient.
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
_AGAIN = "Copy the file again."


@dataclass(frozen=True, eq=False)
class Slice:
    """One slice: int16 HU (INVALID_HU where padded), geometry in LPS mm, and what groups it into a series."""

    file: str
    hu: np.ndarray
    position: np.ndarray
    orientation: tuple[float, ...]
    pixel_spacing_mm: tuple[float, float]
    thickness_mm: float | None
    group: tuple[Any, ...]
    kvp: float | None
    kernel: str | None
    manufacturer: str | None
    frame_of_reference: str
    number: int | None
    tilt_degrees: float
    lossy: bool
    padding_hu: float | None

    @property
    def normal(self) -> np.ndarray:
        return np.cross(self.orientation[:3], self.orientation[3:])


def read_slices(path: Path, name: str, *, allow_lossy: bool = False) -> list[Slice]:
    """The slices of a file, called `name` in messages; several for Enhanced CT.

    Raises InputError for anything that is no CT image in HU with geometry, or cannot be decoded.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = _open(path, name)
            _check(dataset, name, allow_lossy)
            pixels = _pixels(dataset, name)
            if dataset.SOPClassUID not in ENHANCED:
                return [_slice(dataset, pixels[0], dataset, name)]
            frames = frames_of(dataset, len(pixels), name)
            names = [f"{name} (frame {number + 1})" for number in range(len(frames))]
            return [_slice(dataset, *item) for item in zip(pixels, frames, names, strict=True)]
        except InputError:
            raise
        # pydicom meets a damaged file with many kinds of error, and their texts quote it; each means the same here.
        except Exception as error:
            found = f"content that cannot be read ({type(error).__name__})"
            raise InputError(name, found, "a complete CT image", _AGAIN) from None


def _open(path: Path, name: str) -> Dataset:
    try:
        check_inflated(path, name)
        dataset = pydicom.dcmread(path)
    except InputError:
        raise
    except Exception as error:
        found = "no DICOM file" if isinstance(error, InvalidDicomError) else "a damaged DICOM file"
        raise InputError(name, found, "a DICOM CT image", "Remove it from the folder or copy it again.") from None
    if not dataset.get("SOPClassUID"):
        meta = getattr(dataset, "file_meta", None)
        dataset.SOPClassUID = (meta and meta.get("MediaStorageSOPClassUID")) or ""
    return dataset


def _check(dataset: Dataset, name: str, allow_lossy: bool) -> None:
    """Refuse what is no CT image in HU."""
    if dataset.SOPClassUID not in (SINGLE, *ENHANCED):
        # Only names of the standard: any other UID may lead to a patient.
        uid = UID(str(dataset.SOPClassUID))
        kind = "unknown" if uid.name == uid else uid.name
        raise InputError(name, f"SOP class '{kind}'", "CT Image Storage", "Remove it from the folder.")
    _check_type(dataset, name)
    if str(dataset.get("BurnedInAnnotation") or "NO").upper() == "YES":
        raise InputError(name, "burned-in annotation", "an image without text", "Export it without annotation.")
    if _lossy(dataset) and not allow_lossy:
        raise InputError(
            name, "a lossily compressed image", "lossless pixels", "Export it losslessly, or set cohort.allow_lossy."
        )
    meta = getattr(dataset, "file_meta", None)
    if meta is None or not meta.get("TransferSyntaxUID"):
        raise InputError(name, "no transfer syntax", "a DICOM file with file meta", "Export the series again.")


def _check_type(attributes: Any, name: str) -> None:
    value = attributes.get("ImageType") or []
    words = {str(word).upper() for word in ([value] if isinstance(value, str) else value)}
    for word in sorted(words & NO_SLICE):
        raise InputError(name, f"a {word.lower()} image", "an axial CT image", "Remove it from the folder.")


def _lossy(dataset: Dataset) -> bool:
    return str(dataset.get("LossyImageCompression") or "00") == "01"


def _pixels(dataset: Dataset, name: str) -> np.ndarray:
    """Stored values (frames, rows, columns)."""
    shape = check_size(dataset, name)
    try:
        pixels = dataset.pixel_array.reshape(shape)
    except Exception as error:
        missing = isinstance(error, RuntimeError | NotImplementedError | ImportError)
        action = "Install the decoder pydicom names for it, or export uncompressed." if missing else _AGAIN
        syntax = str(dataset.file_meta.TransferSyntaxUID)
        syntax = syntax if re.fullmatch(r"[\d.]{1,64}", syntax) else "of an impossible name"
        found = f"pixels in transfer syntax {syntax} that cannot be decoded"
        raise InputError(name, found, "an image pydicom can decode", action) from None
    bits, signed = int(dataset.get("BitsStored") or dataset.BitsAllocated), int(dataset.get("PixelRepresentation") or 0)
    if bits < int(dataset.BitsAllocated):
        # Bits above the stored ones may hold an overlay, and say nothing of the sign.
        pixels = pixels.astype(np.int64) & ((1 << bits) - 1)
        pixels = pixels - (((pixels >> (bits - 1)) & signed) << bits)
    return pixels


def _slice(dataset: Dataset, pixels: np.ndarray, geometry: Dataset | Frame, where: str) -> Slice:
    if geometry is not dataset:
        _check_type(geometry, where)
    again = "Export the series again."
    slope, intercept = geometry.get("RescaleSlope"), geometry.get("RescaleIntercept")
    if slope in (None, "") or intercept in (None, ""):
        expected = "both, since HU cannot be guessed"
        raise InputError(where, "no RescaleSlope and RescaleIntercept", expected, again)
    slope, intercept = float(slope), float(intercept)
    if not (0 < slope < np.inf and np.isfinite(intercept)):
        raise InputError(where, "an impossible RescaleSlope or RescaleIntercept", "a slope above 0, finite", again)
    kind = str(geometry.get("RescaleType") or "HU").upper()
    if kind != "HU":
        kind = f"'{kind}'" if kind in RESCALE_TYPES else "of an unknown kind"
        raise InputError(where, f"values {kind}", "HU", "Export the series in Hounsfield units.")
    orientation = _floats(geometry, "ImageOrientationPatient", 6, where)
    position = _floats(geometry, "ImagePositionPatient", 3, where)
    spacing = _floats(geometry, "PixelSpacing", 2, where)
    lengths = np.linalg.norm(orientation[:3]), np.linalg.norm(orientation[3:])
    oblique = abs(float(np.dot(orientation[:3], orientation[3:])))
    if min(spacing) <= 0 or oblique > 1e-2 or max(abs(length - 1) for length in lengths) > 1e-2:
        raise InputError(where, "an impossible geometry", "positive spacing, orthogonal axes", "Export it again.")
    padding, limits = _padding(dataset)
    padded = np.zeros(pixels.shape, bool) if limits is None else (pixels >= limits[0]) & (pixels <= limits[1])
    hu = np.rint(pixels.astype(np.float64) * slope + intercept)
    measured = hu[~padded]
    # Air and metal reach the ends of 16 bits at most; a whole image beyond is a wrong rescale, not HU.
    if measured.size and not -10000 < np.median(measured) < 30000:
        raise InputError(where, "values far outside of HU", "a median between -10000 and 30000", again)
    hu = np.clip(hu, INVALID_HU + 1, np.iinfo(np.int16).max).astype(np.int16)
    hu[padded] = INVALID_HU
    thickness, kvp = _number(geometry.get("SliceThickness")), _number(geometry.get("KVP"))
    kernel = geometry.get("ConvolutionKernel")
    kernel = None if kernel is None else "/".join([kernel] if isinstance(kernel, str) else map(str, kernel))
    group = (
        str(dataset.get("SeriesInstanceUID") or ""),
        pixels.shape,
        tuple(round(value, 5) for value in spacing),
        tuple(round(value, 4) + 0.0 for value in orientation),
        kernel or "",
        thickness,
        kvp,
        str(geometry.get("AcquisitionNumber") or ""),
        str(dataset.get("FrameOfReferenceUID") or ""),
    )
    number = dataset.get("InstanceNumber") if geometry is dataset else None
    return Slice(
        file=where,
        hu=hu,
        position=np.array(position),
        orientation=tuple(orientation),
        pixel_spacing_mm=(spacing[0], spacing[1]),
        thickness_mm=thickness,
        group=group,
        kvp=kvp,
        kernel=kernel,
        manufacturer=str(dataset.get("Manufacturer") or "") or None,
        frame_of_reference=str(dataset.get("FrameOfReferenceUID") or ""),
        number=None if number in (None, "") else int(number),
        tilt_degrees=_number(geometry.get("GantryDetectorTilt")) or 0.0,
        lossy=_lossy(dataset),
        padding_hu=None if padding is None else padding * slope + intercept,
    )


def _padding(dataset: Dataset) -> tuple[int | None, tuple[int, int] | None]:
    """PixelPaddingValue, and the range that is padding, both as stored values (PS3.3 C.7.5.1.1.2)."""
    first = dataset.get("PixelPaddingValue")
    if first in (None, ""):
        return None, None
    last = dataset.get("PixelPaddingRangeLimit")
    value = _stored(int(first), dataset)
    limit = value if last in (None, "") else _stored(int(last), dataset)
    return value, (min(value, limit), max(value, limit))


def _stored(value: int, dataset: Dataset) -> int:
    """The padding value as the pixels hold it, also where it was written with the wrong signedness."""
    bits = int(dataset.get("BitsStored") or dataset.BitsAllocated)
    value &= (1 << bits) - 1
    signed = int(dataset.get("PixelRepresentation") or 0) == 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def _number(value: Any) -> float | None:
    if value in (None, ""):
        return None
    number = float(value)
    return number if np.isfinite(number) else None


def _floats(geometry: Dataset | Frame, keyword: str, count: int, name: str) -> list[float]:
    value = geometry.get(keyword)
    try:
        numbers = [float(item) for item in value or ()]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise InputError(name, f"no usable {keyword}", f"{count} numbers", "Export the series with its geometry.")
    return numbers
