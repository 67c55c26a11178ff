"""From folders to image tables: what is good goes on, what is not is named, and nothing stops the study."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pydicom
import pytest

from ldct.data.ingest import build_images
from ldct.dicom.write import write_series
from ldct.stages.images import Images
from ldct.tables import read_table
from ldct.tables.cohort import REJECTIONS, SERIES
from ldct.tables.images import INVALID_HU, ImageStack, read_images

LOW_DOSE = {"fraction": 0.25, "photons": 2.0e5, "electronic_noise": 8.0, "seed": 3}


def body(slices=4, size=64, noise=8.0, seed=0) -> np.ndarray:
    """A disc of soft tissue with structure, int16 HU."""
    y, x = np.mgrid[:size, :size] - size / 2
    disc = np.where(np.hypot(x, 0.8 * y) < 0.42 * size, 40.0, -1000.0)
    disc[np.hypot(x - 9, y - 6) < 5] = 120.0
    noisy = disc + noise * np.random.default_rng(seed).standard_normal((slices, size, size))
    return np.rint(np.where(disc > -900, noisy, -1000)).astype(np.int16)


def stack(hu, dose="full", z0=0.0) -> ImageStack:
    origin = np.array([[-160.0, -160.0, z0 + 3.0 * k] for k in range(len(hu))])
    return ImageStack(
        patient="p",
        dose=dose,
        hu=hu,
        position_mm=origin[:, 2],
        pixel_spacing_mm=(5.0, 5.0),
        slice_thickness_mm=3.0,
        origin_mm=origin,
    )


def dicom(folder: Path, made: ImageStack) -> Path:
    write_series(made, folder, key=b"t", description="test", derivation="test", kvp=120.0, kernel="B30f")
    return folder


SETTINGS = ("accept", "reject_lost", "reject_missed_dose")


def ingest(tmp_path, low_dose=None, **given):
    spec = {
        "patient": "p",
        "kind": "dicom",
        "region": "chest",
        "allow_lossy": False,
        "low_dose": low_dose,
        "reconstruction": None,
    } | {name: given.pop(name) for name in SETTINGS if name in given}
    names = [tmp_path / "out" / name for name in ("full", "low", "series", "rejections")]
    build_images(Images.Spec(**spec), given, *names)
    full, low = (read_images(path) for path in names[:2])
    return full, low, read_table(names[2], SERIES).to_pylist(), read_table(names[3], REJECTIONS).to_pylist()


def test_two_series_are_paired_by_position(tmp_path):
    full = dicom(tmp_path / "f", stack(body()))
    low = dicom(tmp_path / "l", stack(body(5, noise=20, seed=1), "low", z0=3.0))
    a, b, series, refused = ingest(tmp_path, full=full, low=low)
    assert a.position_mm.tolist() == b.position_mm.tolist() == [3.0, 6.0, 9.0]
    assert a.index.tolist() == [0, 1, 2]
    assert {row["dose"]: row["source"] for row in series} == {"full": "dicom", "low": "dicom"}
    assert "without a partner" in refused[0]["found"]


def test_a_missing_partner_is_made_by_noise_insertion(tmp_path):
    made = stack(body())
    a, b, series, refused = ingest(tmp_path, LOW_DOSE, full=dicom(tmp_path / "f", made))
    assert np.array_equal(a.hu, made.hu)
    assert b.hu.shape == a.hu.shape
    assert (b.hu.astype(float) - a.hu).std() > 5
    assert [row["source"] for row in series] == ["dicom", "inserted"]
    assert series[1]["dose_fraction"] == 0.25
    assert not refused


def test_bad_files_are_named_and_the_rest_goes_on(tmp_path):
    full = dicom(tmp_path / "f", stack(body()))
    (full / "readme.txt").write_text("hello")
    cut = sorted(full.glob("*.dcm"))[0]
    cut.write_bytes(cut.read_bytes()[:-3000])
    unscaled = sorted(full.glob("*.dcm"))[1]
    dataset = pydicom.dcmread(unscaled)
    del dataset.RescaleSlope
    dataset.save_as(unscaled)
    a, b, _, refused = ingest(tmp_path, LOW_DOSE, full=full)
    assert len(a) == len(b) == 2
    assert [row["file"] for row in refused] == ["full, file 1 of 5", "full, file 2 of 5", "full, file 5 of 5"]
    assert all(row["action"] and row["expected"] for row in refused)


@pytest.mark.parametrize("problem", ["no folder", "empty", "shifted", "swapped", "other anatomy"])
def test_a_patient_that_cannot_be_used_gives_empty_tables_and_a_reason(tmp_path, problem):
    full = dicom(tmp_path / "f", stack(body()))
    low = tmp_path / "l"
    if problem == "empty":
        low.mkdir()
    elif problem == "shifted":
        dicom(low, stack(np.roll(body(noise=20, seed=1), 5, axis=2), "low"))
    elif problem == "swapped":
        full, low = dicom(tmp_path / "f2", stack(body(noise=30, seed=1))), dicom(low, stack(body(), "low"))
    elif problem == "other anatomy":
        dicom(low, stack(body(noise=20, seed=1) + np.int16(60), "low"))
    a, b, series, refused = ingest(tmp_path, full=full, low=low)
    assert len(a) == len(b) == 0
    assert series == []
    reason = [row for row in refused if row["file"] == ""]
    assert reason and reason[-1]["action"]


def test_padding_stays_unmeasured_in_both_doses(tmp_path):
    hu = body()
    hu[:, :3, :3] = INVALID_HU
    a, b, series, _ = ingest(tmp_path, LOW_DOSE, full=dicom(tmp_path / "f", stack(hu)))
    assert [row["masked_share"] for row in series] == pytest.approx([9 / 64**2] * 2)
    assert (a.hu[:, :3, :3] == INVALID_HU).all() and (b.hu[:, :3, :3] == INVALID_HU).all()
    assert a.valid.sum() == b.valid.sum() == hu.size - 4 * 9


SENTINEL = "ZQSENTINEL"


def test_nothing_identifying_reaches_an_output_or_a_log(tmp_path, caplog):
    """Every text attribute of the input carries a sentinel; it must not be found in anything that is written."""
    caplog.set_level(logging.DEBUG)
    folder = dicom(tmp_path / "f", stack(body()))
    planted = 0
    for path in folder.glob("*.dcm"):
        dataset = pydicom.dcmread(path)
        for keyword in [
            "PatientName",
            "PatientID",
            "OtherPatientNames",
            "PatientAddress",
            "InstitutionName",
            "InstitutionAddress",
            "StationName",
            "ReferringPhysicianName",
            "PerformingPhysicianName",
            "OperatorsName",
            "AccessionNumber",
            "StudyID",
            "StudyDescription",
            "SeriesDescription",
            "ProtocolName",
            "DeviceSerialNumber",
            "PatientComments",
            "ImageComments",
            "AdditionalPatientHistory",
            "RequestingPhysician",
            "ManufacturerModelName",
            "SoftwareVersions",
            "Manufacturer",
            "ConvolutionKernel",
        ]:
            setattr(dataset, keyword, SENTINEL)
            planted += 1
        dataset.private_block(0x0011, SENTINEL, create=True).add_new(0x01, "LO", SENTINEL)
        dataset.save_as(path)
    (folder / "broken.dcm").write_bytes(sorted(folder.glob("*.dcm"))[0].read_bytes()[:3000])
    a, *_ = ingest(tmp_path, LOW_DOSE, full=folder)
    write_series(a, tmp_path / "out" / "dicom", key=b"k", description="d", derivation="d")
    assert planted and len(a) == 4
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            assert SENTINEL.encode() not in path.read_bytes(), path
    assert SENTINEL not in caplog.text


def test_inputs_may_be_read_only_and_are_never_written_to(tmp_path):
    low_noise, noise = body(noise=8.0), body(noise=30.0, seed=1)
    folders = {"full": dicom(tmp_path / "full", stack(low_noise)), "low": dicom(tmp_path / "low", stack(noise, "low"))}
    paths = [path for folder in folders.values() for path in (*sorted(folder.iterdir()), folder)]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = [(path.stat().st_mtime_ns, path.stat().st_size) for path in paths]
    full, _, _, rejections = ingest(tmp_path, **folders)
    assert len(full.hu) == 4 and not rejections
    assert [(path.stat().st_mtime_ns, path.stat().st_size) for path in paths] == before
    assert {path for folder in folders.values() for path in folder.iterdir()} == {p for p in paths if p.is_file()}
