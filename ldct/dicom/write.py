"""CT series written from an allow-list: pixels and geometry, and nothing of the person or the institution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from ldct.dicom.deidentify import keyed_uid
from ldct.files import atomic
from ldct.tables.images import INVALID_HU, ImageStack

# Stored = HU - INTERCEPT, so padding and air stay within int16.
INTERCEPT = -1024


@dataclass(frozen=True, kw_only=True)
class Derived:
    """Where the images of a series come from.

    series: what tells the series of a patient apart beside its dose, for its UIDs; number: SeriesNumber, None for that
    of the dose; equipment and version: what made them; sources: SOPInstanceUID of the image that each was made of;
    lossy: whether those were ever compressed with loss.
    """

    series: str = ""
    number: int | None = None
    equipment: str = ""
    version: str = ""
    sources: Sequence[str] = ()
    lossy: bool = False


def instance_uid(key: bytes, patient: str, series: str, index: int) -> str:
    """SOPInstanceUID of the slice `index` of a series: its dose, or `Derived.series`."""
    return keyed_uid(key, patient, series, str(index))


def write_series(
    stack: ImageStack,
    folder: Path,
    *,
    key: bytes,
    description: str,
    derivation: str,
    image_type: Sequence[str] = ("DERIVED", "SECONDARY", "AXIAL"),
    kvp: float | None = None,
    kernel: str | None = None,
    transfer_syntax: UID = ExplicitVRLittleEndian,
    derived: Derived | None = None,
) -> list[Path]:
    """Write `stack` as CT Image Storage, a file a slice, and return the paths.

    Every attribute is written here; none is copied from a source. UIDs are keyed hashes of patient, dose and slice, so
    that the two doses of a patient share study and frame of reference. `derivation` says how the pixels came about, and
    `derived` of which images by what.
    Unmeasured pixels become PixelPaddingValue. HU are kept exactly (int16, slope 1, intercept -1024).
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(len(stack)):
        dataset = _dataset(stack, number, key, description, derivation, image_type, kvp, kernel)
        _derived(dataset, stack, number, key, derived or Derived())
        if transfer_syntax.is_compressed:
            dataset.compress(transfer_syntax, generate_instance_uid=False)
        path = folder / f"{stack.patient}_{stack.dose}_{stack.index[number] + 1:04d}.dcm"
        with atomic(path) as temporary:
            dataset.save_as(temporary, enforce_file_format=True)
        paths.append(path)
    return paths


def _dataset(
    stack: ImageStack,
    number: int,
    key: bytes,
    description: str,
    derivation: str,
    image_type: Sequence[str],
    kvp: float | None,
    kernel: str | None,
) -> FileDataset:
    hu = stack.hu[number].astype(np.int32)
    padding = int(INVALID_HU)
    stored = np.where(hu == INVALID_HU, padding, np.clip(hu - INTERCEPT, padding + 1, 32767)).astype("<i2")
    instance = instance_uid(key, stack.patient, stack.dose, int(stack.index[number]))
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID(instance)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = CTImageStorage, instance
    made.Modality = "CT"
    made.ImageType = list(image_type)
    made.PatientName, made.PatientID = stack.patient, stack.patient
    made.PatientBirthDate = made.PatientSex = ""
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = "Allow-list: pixels and geometry only"
    made.DeidentificationMethodCodeSequence = [_code("113100", "Basic Application Confidentiality Profile")]
    made.StudyInstanceUID = keyed_uid(key, stack.patient, "study")
    made.SeriesInstanceUID = keyed_uid(key, stack.patient, stack.dose, "series")
    made.FrameOfReferenceUID = keyed_uid(key, stack.patient, "frame")
    made.PositionReferenceIndicator = ""
    made.StudyDate = made.StudyTime = made.AccessionNumber = made.ReferringPhysicianName = made.StudyID = ""
    made.Manufacturer = made.Laterality = made.PatientPosition = ""
    made.SeriesNumber, made.InstanceNumber, made.AcquisitionNumber = (
        1 if stack.dose == "full" else 2,
        int(stack.index[number]) + 1,
        1,
    )
    made.SeriesDescription, made.DerivationDescription = description, derivation
    made.ImagePositionPatient = [_decimal(value) for value in stack.origin_mm[number]]
    made.ImageOrientationPatient = [_decimal(value) for value in stack.orientation]
    made.PixelSpacing = [_decimal(value) for value in stack.pixel_spacing_mm]
    made.SliceThickness = _decimal(stack.slice_thickness_mm)
    made.KVP = "" if kvp is None else _decimal(kvp)
    if kernel:
        made.ConvolutionKernel = kernel
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.Rows, made.Columns = stored.shape
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.PixelRepresentation = 15, 1
    made.RescaleIntercept, made.RescaleSlope, made.RescaleType = INTERCEPT, 1, "HU"
    if (hu == INVALID_HU).any():
        made.add_new("PixelPaddingValue", "SS", padding)
    made.BurnedInAnnotation = "NO"
    made.PixelData = stored.tobytes()
    return made


def _derived(made: FileDataset, stack: ImageStack, number: int, key: bytes, derived: Derived) -> None:
    """Identity, sources and equipment of a derived image."""
    made.LossyImageCompression = "01" if derived.lossy else "00"
    if derived.series:
        instance = instance_uid(key, stack.patient, derived.series, int(stack.index[number]))
        made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = UID(instance)
        made.SeriesInstanceUID = keyed_uid(key, stack.patient, derived.series, "series")
    if derived.number is not None:
        made.SeriesNumber = derived.number
    if derived.sources:
        source = Dataset()
        source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID = CTImageStorage, derived.sources[number]
        source.PurposeOfReferenceCodeSequence = [_code("121322", "Source image for image processing operation")]
        made.SourceImageSequence = [source]
    if derived.version:
        equipment = Dataset()
        equipment.Manufacturer, equipment.ManufacturerModelName = "ldct", derived.equipment or "ldct"
        equipment.SoftwareVersions = derived.version
        equipment.PurposeOfReferenceCodeSequence = [_code("109102", "Processing Equipment")]
        made.ContributingEquipmentSequence = [equipment]


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code


def _decimal(value: float) -> str:
    """A number as a DICOM decimal string, at most 16 characters."""
    return f"{float(value):.10g}"[:16]
