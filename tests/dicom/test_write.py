"""Written series are valid, exact and anonymous; the demo data are too."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK

from ldct.dicom.series import read_series
from ldct.dicom.write import write_series
from ldct.tables.images import INVALID_HU, ImageStack

DEMO = Path(__file__).resolve().parents[2] / "resources/demo"
# Every attribute that a written file may hold.
ALLOWED = {
    "SOPClassUID",
    "SOPInstanceUID",
    "Modality",
    "ImageType",
    "Laterality",
    "PatientPosition",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "PositionReferenceIndicator",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyID",
    "Manufacturer",
    "SeriesNumber",
    "InstanceNumber",
    "AcquisitionNumber",
    "SeriesDescription",
    "DerivationDescription",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "KVP",
    "ConvolutionKernel",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "PixelPaddingValue",
    "LossyImageCompression",
    "BurnedInAnnotation",
    "PixelData",
}
EMPTY = ("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName")


def stack(dose="full"):
    hu = np.random.default_rng(0).integers(-1024, 3071, (3, 12, 10)).astype(np.int16)
    hu[0, 0, :3] = INVALID_HU
    hu[1, 2, 2], hu[1, 2, 3] = 32767, -5000
    origin = np.array([[-3.25, 4.5, 1.5 * k] for k in range(3)])
    return ImageStack(
        patient="p1",
        dose=dose,
        hu=hu,
        position_mm=origin[:, 2],
        pixel_spacing_mm=(0.66796875, 0.7),
        slice_thickness_mm=1.5,
        origin_mm=origin,
    )


def written(tmp_path, dose="full", **options):
    made = stack(dose)
    paths = write_series(made, tmp_path / dose, key=b"k", description="d", derivation="by a test", **options)
    return made, paths


def test_round_trip_keeps_hu_and_geometry(tmp_path):
    made, _ = written(tmp_path)
    found, refused = read_series(tmp_path / "full", patient="p1", dose="full")
    assert not refused
    back = found.stack
    # Only what exceeds 16 bits with the intercept of -1024 is clipped.
    assert np.array_equal(np.minimum(made.hu, 32767 - 1024), back.hu)
    assert np.allclose(back.origin_mm, made.origin_mm)
    assert back.pixel_spacing_mm == made.pixel_spacing_mm


def test_doses_share_study_and_frame_but_nothing_else(tmp_path):
    (full, low) = (pydicom.dcmread(written(tmp_path, dose)[1][0]) for dose in ("full", "low"))
    assert full.StudyInstanceUID == low.StudyInstanceUID
    assert full.FrameOfReferenceUID == low.FrameOfReferenceUID
    assert full.SeriesInstanceUID != low.SeriesInstanceUID
    assert full.SOPInstanceUID != low.SOPInstanceUID
    assert full.ImageType[0] == "DERIVED"
    assert pydicom.uid.UID(full.SOPInstanceUID).is_valid


def test_only_allowed_attributes_are_written(tmp_path):
    dataset = pydicom.dcmread(written(tmp_path, kvp=120.0, kernel="soft")[1][0])
    assert {element.keyword for element in dataset} <= ALLOWED
    assert all(dataset[name].value in ("", None) for name in EMPTY)


@pytest.mark.parametrize("patient", ["lung1", "lung2", "abdomen1"])
def test_demo_series_are_the_recorded_volumes_and_anonymous(patient):
    found, refused = read_series(DEMO / patient, patient=patient, dose="full")
    assert not refused
    recorded = json.loads((DEMO / "sha256.json").read_text())
    assert hashlib.sha256(found.stack.hu.tobytes()).hexdigest() == recorded[patient]
    for path in sorted((DEMO / patient).iterdir()):
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        assert {element.keyword for element in dataset} <= ALLOWED
        assert all(dataset[name].value in ("", None) for name in EMPTY)
        assert dataset.PatientID == patient
        assert dataset.file_meta.TransferSyntaxUID == pydicom.uid.JPEGLSLossless


@pytest.mark.parametrize(("patient", "voxels", "slices"), [("lung1", 837, (32, 34)), ("lung2", 24644, (15, 25))])
def test_demo_masks_lie_on_their_series(patient, voxels, slices):
    found, _ = read_series(DEMO / patient, patient=patient, dose="full")
    image = SimpleITK.ReadImage(str(DEMO / f"{patient}_tumour.nrrd"))
    mask = SimpleITK.GetArrayFromImage(image) > 0
    assert mask.shape == found.stack.hu.shape
    assert mask.sum() == voxels
    where = np.flatnonzero(mask.any(axis=(1, 2)))
    assert (where[0], where[-1]) == slices
    assert np.allclose(image.GetOrigin(), found.stack.origin_mm[0])
    assert np.allclose(image.GetSpacing()[:2], found.stack.pixel_spacing_mm[::-1])


def test_demo_data_stay_small():
    sizes = [path.stat().st_size for path in DEMO.rglob("*") if path.is_file()]
    assert sum(sizes) <= 25e6
    assert max(sizes) < 4e6
