"""CT slices from a DICOM file: rescaled to HU, padding marked, everything doubtful refused."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    UncompressedTransferSyntaxes,
)

from ldct.errors import InputError
from ldct.tables.images import INVALID_HU

SINGLE = CTImageStorage
ENHANCED = (EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage)
# More pixels than any CT slice has; guards memory against a lying header.
MOST_PIXELS = 8192 * 8192
MOST_FRAMES = 20000


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

    @property
    def normal(self) -> np.ndarray:
        return np.cross(self.orientation[:3], self.orientation[3:])


def read_slices(path: Path, name: str, *, allow_lossy: bool = False) -> list[Slice]:
    """The slices of a file, called `name` in messages; several for Enhanced CT.

    Raises InputError for anything that is no CT image in HU with geometry, or cannot be decoded.
    """
    dataset = _open(path, name)
    _check(dataset, name, allow_lossy)
    try:
        pixels = _pixels(dataset, name)
        if dataset.SOPClassUID in ENHANCED:
            return [_frame(dataset, pixels[i], _functional(dataset, i), name, i) for i in range(len(pixels))]
        return [_frame(dataset, pixels[0], dataset, name, None)]
    except InputError:
        raise
    # pydicom meets a damaged file with many kinds of error; each means the same to the user.
    except Exception as error:
        raise InputError(
            name, f"content that cannot be read ({type(error).__name__})", "a complete CT image", "Copy the file again."
        ) from None


def _open(path: Path, name: str) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
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
        kind = getattr(dataset.SOPClassUID, "name", "") or "no SOP class"
        raise InputError(name, f"SOP class '{kind}'", "CT Image Storage", "Remove it from the folder.")
    image_type = [str(value).upper() for value in dataset.get("ImageType", [])]
    if "LOCALIZER" in image_type:
        raise InputError(name, "a localizer", "an axial CT image", "Remove it from the folder.")
    if str(dataset.get("BurnedInAnnotation", "NO")).upper() == "YES":
        raise InputError(name, "burned-in annotation", "an image without text", "Export it without annotation.")
    if str(dataset.get("LossyImageCompression", "00")) == "01" and not allow_lossy:
        raise InputError(
            name, "a lossily compressed image", "lossless pixels", "Export it losslessly, or set cohort.allow_lossy."
        )
    meta = getattr(dataset, "file_meta", None)
    if meta is None or not meta.get("TransferSyntaxUID"):
        raise InputError(name, "no transfer syntax", "a DICOM file with file meta", "Export the series again.")


def _pixels(dataset: Dataset, name: str) -> np.ndarray:
    """Stored values (frames, rows, columns)."""
    rows, columns = int(dataset.get("Rows", 0)), int(dataset.get("Columns", 0))
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    bits = int(dataset.get("BitsAllocated", 0))
    again = "Copy the file again."
    if not (0 < rows * columns <= MOST_PIXELS and 0 < frames <= MOST_FRAMES and bits in (8, 16, 32)):
        found = f"{frames} frames of {rows} x {columns} pixels with {bits} bits"
        raise InputError(name, found, "a CT image", again)
    if int(dataset.get("SamplesPerPixel", 1)) != 1:
        raise InputError(name, "a colour image", "one sample a pixel", "Remove it from the folder.")
    if "PixelData" not in dataset:
        raise InputError(name, "no pixel data", "a CT image", again)
    syntax = dataset.file_meta.TransferSyntaxUID
    expected = rows * columns * frames * bits // 8
    if syntax in UncompressedTransferSyntaxes and len(dataset.PixelData) < expected:
        found = f"{len(dataset.PixelData)} bytes of pixels"
        raise InputError(name, found, f"{expected} bytes (a truncated file?)", again)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels = dataset.pixel_array
    except Exception as error:
        missing = isinstance(error, RuntimeError | NotImplementedError | ImportError)
        action = "Install the decoder pydicom names for it, or export uncompressed." if missing else again
        found = f"pixels in transfer syntax {syntax} that cannot be decoded"
        raise InputError(name, found, "an image pydicom can decode", action) from None
    return pixels.reshape(frames, rows, columns)


def _frame(dataset: Dataset, pixels: np.ndarray, geometry: Any, name: str, frame: int | None) -> Slice:
    where = name if frame is None else f"{name} (frame {frame + 1})"
    slope, intercept = geometry.get("RescaleSlope"), geometry.get("RescaleIntercept")
    if slope in (None, "") or intercept in (None, ""):
        raise InputError(
            where,
            "no RescaleSlope and RescaleIntercept",
            "both, since HU cannot be guessed",
            "Export the series again.",
        )
    kind = str(geometry.get("RescaleType", "HU") or "HU").upper()
    if kind not in ("HU", "US"):
        raise InputError(where, f"values of type '{kind}'", "HU", "Export the series in Hounsfield units.")
    orientation = _floats(geometry, "ImageOrientationPatient", 6, where)
    position = _floats(geometry, "ImagePositionPatient", 3, where)
    spacing = _floats(geometry, "PixelSpacing", 2, where)
    if min(spacing) <= 0 or abs(np.linalg.norm(np.cross(orientation[:3], orientation[3:])) - 1) > 1e-2:
        raise InputError(where, "an impossible geometry", "positive spacing, orthogonal axes", "Export it again.")
    hu = np.rint(pixels.astype(np.float64) * float(slope) + float(intercept))
    hu = np.clip(hu, INVALID_HU + 1, np.iinfo(np.int16).max).astype(np.int16)
    hu[_padded(dataset, pixels)] = INVALID_HU
    thickness, kvp = geometry.get("SliceThickness"), dataset.get("KVP")
    kernel = geometry.get("ConvolutionKernel")
    kernel = None if kernel is None else "/".join([kernel] if isinstance(kernel, str) else list(kernel))
    group = (
        str(dataset.get("SeriesInstanceUID", "")),
        pixels.shape,
        tuple(round(value, 5) for value in spacing),
        tuple(round(value, 4) + 0.0 for value in orientation),
        kernel or "",
        str(thickness or ""),
        str(kvp or ""),
        str(dataset.get("AcquisitionNumber", "") or ""),
        str(dataset.get("FrameOfReferenceUID", "")),
    )
    return Slice(
        file=name,
        hu=hu,
        position=np.array(position),
        orientation=tuple(orientation),
        pixel_spacing_mm=(spacing[0], spacing[1]),
        thickness_mm=float(thickness) if thickness not in (None, "") else None,
        group=group,
        kvp=float(kvp) if kvp not in (None, "") else None,
        kernel=kernel,
        manufacturer=str(dataset.get("Manufacturer", "")) or None,
    )


def _padded(dataset: Dataset, pixels: np.ndarray) -> np.ndarray:
    """Pixels that hold padding, judged on stored values (PS3.3 C.7.5.1.1.2)."""
    first = dataset.get("PixelPaddingValue")
    if first is None:
        return np.zeros(pixels.shape, bool)
    last = dataset.get("PixelPaddingRangeLimit", first)
    low, high = sorted(_stored(int(value), dataset) for value in (first, last))
    return (pixels >= low) & (pixels <= high)


def _stored(value: int, dataset: Dataset) -> int:
    """The padding value as the pixels hold it, also where it was written with the wrong signedness."""
    bits = int(dataset.BitsAllocated)
    signed = int(dataset.get("PixelRepresentation", 0)) == 1
    if signed and value >= 1 << (bits - 1):
        return value - (1 << bits)
    return value + (1 << bits) if not signed and value < 0 else value


def _floats(geometry: Any, keyword: str, count: int, name: str) -> list[float]:
    value = geometry.get(keyword)
    try:
        numbers = [float(item) for item in value]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise InputError(name, f"no usable {keyword}", f"{count} numbers", "Export the series with its geometry.")
    return numbers


class _Functional:
    """Attributes of one frame of an enhanced image: its own functional groups first, then the shared ones."""

    def __init__(self, groups: list[Dataset]):
        self.groups = groups

    def get(self, keyword: str, default: Any = None) -> Any:
        for group in self.groups:
            for element in group:
                if element.VR == "SQ" and element.value and keyword in element.value[0]:
                    return element.value[0][element.value[0].data_element(keyword).tag].value
        return default


def _functional(dataset: Dataset, frame: int) -> _Functional:
    own = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    return _Functional([*([own[frame]] if frame < len(own) else []), *shared])
