"""Small CT series that the tests write themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

SHAPE = (64, 48)


def ct(number: int = 0, seed: int = 0, **changes) -> FileDataset:
    """A CT slice at z = 3 mm * number; `changes` set attributes, None removes one."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(seed), str(number)])
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    made.SeriesInstanceUID = generate_uid(entropy_srcs=["series", str(seed)])
    made.FrameOfReferenceUID = generate_uid(entropy_srcs=["frame"])
    made.Modality, made.ImageType, made.PatientName = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"], "Nobody"
    made.ImagePositionPatient = [-10.0, -8.0, 3.0 * number]
    made.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    made.PixelSpacing, made.SliceThickness, made.KVP = [0.7, 0.8], 3.0, 120
    made.Rows, made.Columns, made.SamplesPerPixel = *SHAPE, 1
    made.PhotometricInterpretation = "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 16, 15, 1
    made.RescaleSlope, made.RescaleIntercept = 1, -1024
    stored = np.random.default_rng([seed, number]).integers(0, 2000, SHAPE).astype("<i2")
    made.PixelData = stored.tobytes()
    for name, value in changes.items():
        if value is None:
            delattr(made, name)
        else:
            setattr(made, name, value)
    return made


def stored(dataset: FileDataset) -> np.ndarray:
    return np.frombuffer(dataset.PixelData, "<i2").reshape(SHAPE)


def write(folder: Path, *datasets: FileDataset, names: list[str] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, dataset in enumerate(datasets):
        name = names[number] if names else f"{number:03d}.dcm"
        dataset.save_as(folder / name, enforce_file_format=True)
    return folder


@pytest.fixture
def series(tmp_path) -> Path:
    """Five good slices."""
    return write(tmp_path / "series", *[ct(k) for k in range(5)])
