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
from pydicom.uid import (
    UID,
    CTImageStorage,
    EnhancedCTImageStorage,
    JPEG2000TransferSyntaxes,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSTransferSyntaxes,
    LegacyConvertedEnhancedCTImageStorage,
)

from ldct.dicom.enhanced import Frame, frames_of
from ldct.dicom.headers import Header
from ldct.dicom.limits import check_inflated, check_size
from ldct.dicom.padding import padding_of
from ldct.dicom.rescale import stated_unit
from ldct.errors import InputError
from ldct.tables.images import INVALID_HU

SINGLE = CTImageStorage
ENHANCED = (EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage)
# Values of ImageType that say an image is no acquired slice.
NO_SLICE = {"LOCALIZER", "MPR", "CSA MPR", "MIP", "MINIP", "MAX_IP", "MIN_IP", "MEAN", "VOLUME_RENDER", "SCREEN SAVE"}
NO_SLICE |= {"REFORMATTED", "PROJECTION IMAGE", "DOSE_INFO"}
# JPEG that cannot be lossless, whatever the header says.
LOSSY_SYNTAXES = (JPEGBaseline8Bit, JPEGExtended12Bit)
# python-gdcm is here for JPEG lossless; these have decoders of their own.
DECODERS = dict.fromkeys(JPEG2000TransferSyntaxes, "pylibjpeg") | dict.fromkeys(JPEGLSTransferSyntaxes, "pyjpegls")
# What can tell two images of one position apart. Enhanced images have the first three, others the first and last.
PARTS = ("AcquisitionNumber", "StackID", "TemporalPositionIndex", "TemporalPositionIdentifier")
BODY_HU = (-200.0, 300.0)
# Its messages quote header values, which may identify a patient.
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
_AGAIN = "Copy the file again."


class NoSliceError(InputError):
    """A file that is no slice of any series: another kind of file, document or image."""


@dataclass(frozen=True, eq=False)
class Slice:
    """One slice: int16 HU (INVALID_HU where padded), geometry in LPS mm, and what groups it into a series.

    part: acquisition, stack and moment, by which two images of one position can be told apart; unit: what its
    RescaleType states, as `ldct.dicom.rescale.stated_unit`.
    """

    file: str
    hu: np.ndarray
    position: np.ndarray
    orientation: tuple[float, ...]
    pixel_spacing_mm: tuple[float, float]
    header: Header
    part: tuple[str, ...]
    unit: str
    manufacturer: str | None
    number: int | None
    tilt_degrees: float
    lossy: bool
    padding_hu: float | None

    @property
    def normal(self) -> np.ndarray:
        return np.cross(self.orientation[:3], self.orientation[3:])


def read_slices(
    path: Path, name: str, *, allow_lossy: bool = False, refused: list[InputError] | None = None
) -> list[Slice]:
    """The slices of a file, called `name` in messages; several for Enhanced CT, and for other images with functional
    groups for each frame. With `refused` given, frames of several that cannot be used go there.

    Raises NoSliceError for anything that is no CT image, and InputError for one that is not in HU, has no geometry or
    cannot be decoded.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = _open(path, name)
            _check(dataset, name, allow_lossy)
            pixels = _pixels(dataset, name)
            if dataset.SOPClassUID not in ENHANCED and len(pixels) == 1:
                return [_slice(dataset, pixels[0], dataset, name)]
            if dataset.SOPClassUID not in ENHANCED and "PerFrameFunctionalGroupsSequence" not in dataset:
                found = f"{len(pixels)} frames with one position"
                raise InputError(name, found, "the position of each frame", "Export a file a slice, or Enhanced CT.")
            frames = frames_of(dataset, len(pixels), name)
            names = [f"{name} (frame {number + 1})" for number in range(len(frames))]
            slices = []
            for item in zip(pixels, frames, names, strict=True):
                try:
                    slices.append(_slice(dataset, *item))
                except InputError as error:
                    if refused is None:
                        raise
                    refused.append(error)
            return slices
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
        foreign = isinstance(error, InvalidDicomError)
        kind, found = (NoSliceError, "no DICOM file") if foreign else (InputError, "a damaged DICOM file")
        raise kind(name, found, "a DICOM CT image", "Remove it from the folder or copy it again.") from None
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
        raise NoSliceError(name, f"SOP class '{kind}'", "CT Image Storage", "Remove it from the folder.")
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
        raise NoSliceError(name, f"a {word.lower()} image", "an axial CT image", "Remove it from the folder.")


def _lossy(dataset: Dataset) -> bool:
    meta = getattr(dataset, "file_meta", None)
    syntax = meta.get("TransferSyntaxUID") if meta else None
    return str(dataset.get("LossyImageCompression") or "00") == "01" or syntax in LOSSY_SYNTAXES


def _pixels(dataset: Dataset, name: str) -> np.ndarray:
    """Stored values (frames, rows, columns)."""
    shape = check_size(dataset, name)
    dataset.pixel_array_options(decoding_plugin=DECODERS.get(dataset.file_meta.TransferSyntaxUID, ""))
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
    unit = stated_unit(geometry.get("RescaleType"), where)
    orientation = _floats(geometry, "ImageOrientationPatient", 6, where)
    position = _floats(geometry, "ImagePositionPatient", 3, where)
    spacing = _floats(geometry, "PixelSpacing", 2, where)
    lengths = np.linalg.norm(orientation[:3]), np.linalg.norm(orientation[3:])
    oblique = abs(float(np.dot(orientation[:3], orientation[3:])))
    if min(spacing) <= 0 or oblique > 1e-2 or max(abs(length - 1) for length in lengths) > 1e-2:
        raise InputError(where, "an impossible geometry", "positive spacing, orthogonal axes", "Export it again.")
    padding, limits = padding_of(dataset)
    padded = np.zeros(pixels.shape, bool) if limits is None else (pixels >= limits[0]) & (pixels <= limits[1])
    hu = np.rint(pixels.astype(np.float64) * slope + intercept)
    measured = hu[~padded]
    # Air and metal reach the ends of 16 bits at most; a whole image beyond is a wrong rescale, not HU.
    if measured.size and not -10000 < np.median(measured) < 30000:
        raise InputError(where, "values far outside of HU", "a median between -10000 and 30000", again)
    hu = np.clip(hu, INVALID_HU + 1, np.iinfo(np.int16).max).astype(np.int16)
    hu[padded] = INVALID_HU
    kernel = geometry.get("ConvolutionKernel")
    header = Header(
        series=str(dataset.get("SeriesInstanceUID") or ""),
        frame_of_reference=str(dataset.get("FrameOfReferenceUID") or ""),
        kernel=None if kernel is None else "/".join([kernel] if isinstance(kernel, str) else map(str, kernel)),
        shape=pixels.shape,
        kv=_number(geometry.get("KVP")),
        thickness=_number(geometry.get("SliceThickness")),
        pixel_spacing=tuple(spacing),
        orientation=tuple(orientation),
    )
    number = dataset.get("InstanceNumber") if geometry is dataset else None
    return Slice(
        file=where,
        hu=hu,
        position=np.array(position),
        orientation=tuple(orientation),
        pixel_spacing_mm=(spacing[0], spacing[1]),
        header=header,
        part=tuple(str(geometry.get(keyword) or "") for keyword in PARTS),
        unit=unit,
        manufacturer=str(dataset.get("Manufacturer") or "") or None,
        number=None if number in (None, "") else int(number),
        tilt_degrees=_number(geometry.get("GantryDetectorTilt")) or 0.0,
        lossy=_lossy(dataset),
        padding_hu=None if padding is None else padding * slope + intercept,
    )


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
