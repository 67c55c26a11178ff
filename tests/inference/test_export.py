"""Denoised DICOM series, read back by pydicom and SimpleITK and checked by dciodvfy where it is installed."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pydicom
import pytest
import SimpleITK as sitk

from ldct.errors import InputError
from ldct.inference.export import export_run, export_source
from ldct.stages.dicom import Dicom
from ldct.stages.dicom_source import DicomSource
from ldct.tables import write_table
from ldct.tables.cohort import SERIES
from ldct.tables.images import INVALID_HU, ImageStack, pack, write_images
from ldct.tables.predictions import predictions_schema

SHAPE = (30, 26)
SPEC = Dicom.Spec(model="redcnn", loss="mse", fold=0, seed=1, patients=("a", "b"), key="a,b")


def images_of(name: str) -> DicomSource.Spec:
    """The images of the same patients at one dose."""
    return DicomSource.Spec(source=name, patients=SPEC.patients, key=SPEC.key)


class Made:
    """Two test patients, the second smaller than the table and once lossy; predictions of slices 1 and 3."""

    def __init__(self, folder: Path):
        rng = np.random.default_rng(0)
        self.folder, self.hu = folder, {}
        self.images: dict[str, dict[str, Path]] = {}
        rows: dict[str, list] = {"patient": [], "slice": [], "checkpoint": [], "selected": [], "hu": []}
        series = []
        for patient, shape in (("a", SHAPE), ("b", (20, 22))):
            stacks = {}
            for dose in ("full", "low"):
                hu = rng.integers(-1000, 1500, (5, *shape)).astype(np.int16)
                hu[:, 0, :3] = INVALID_HU
                origin = np.array([[-12.5, -20.25, 3.0 * k - 7] for k in range(5)])
                stacks[dose] = ImageStack(
                    patient=patient,
                    dose=dose,
                    hu=hu,
                    position_mm=origin[:, 2],
                    pixel_spacing_mm=(0.75, 0.7),
                    slice_thickness_mm=3.0,
                    origin_mm=origin,
                )
                write_images(folder / f"images/{patient}/{dose}.parquet", stacks[dose])
                self.images.setdefault(patient, {})[dose] = folder / f"images/{patient}/{dose}.parquet"
                common = {"patient": patient, "dose": dose, "source": "dicom", "slices": 5, "rows": shape[0]}
                geometry = {"columns": shape[1], "pixel_spacing_row_mm": 0.75, "pixel_spacing_column_mm": 0.7}
                series.append({**common, **geometry, "kvp": 120.0, "kernel": "B30f", "lossy": patient == "b"})
            for index in (1, 3):
                for epoch in (2, 4):
                    hu = np.full(SHAPE, INVALID_HU)
                    hu[: shape[0], : shape[1]] = rng.integers(-1000, 1500, shape)
                    hu[0, :3] = INVALID_HU
                    for name, value in zip(rows, (patient, index, epoch, epoch == 4, hu), strict=True):
                        rows[name].append(value)
                self.hu[patient, index] = hu[: shape[0], : shape[1]]
        schema = predictions_schema(SHAPE)
        columns = {name: pa.array(rows[name], schema.field(name).type) for name in list(rows)[:-1]}
        self.predictions, self.series = folder / "predictions.parquet", folder / "series.parquet"
        write_table(self.predictions, pa.table({**columns, "hu": pack(np.stack(rows["hu"]))}, schema), schema)
        write_table(self.series, pa.Table.from_pylist(series, SERIES), SERIES)
        self.run = folder / "run"
        self.run.mkdir()
        (self.run / "weights.safetensors").write_bytes(b"weights")
        self.outcome("completed", 4)

    def outcome(self, status: str, selected: int | None) -> None:
        (self.run / "run.json").write_text(json.dumps({"status": status, "reason": "NaN", "selected": selected}))

    def export(self, output: Path) -> Path:
        low = {patient: doses["low"] for patient, doses in self.images.items()}
        export_run(SPEC, self.predictions, self.run, low, [self.series], output)
        return output


@pytest.fixture
def made(tmp_path) -> Made:
    return Made(tmp_path)


def test_hu_and_geometry_survive_in_pydicom_and_simpleitk(made, tmp_path):
    folder = made.export(tmp_path / "out")
    for patient in SPEC.patients:
        files = sorted((folder / patient).iterdir())
        assert [path.name for path in files] == [f"{patient}_mse_0002.dcm", f"{patient}_mse_0004.dcm"]
        for index, path in zip((1, 3), files, strict=True):
            dataset = pydicom.dcmread(path)
            expected = made.hu[patient, index]
            hu = dataset.pixel_array * int(dataset.RescaleSlope) + int(dataset.RescaleIntercept)
            valid = expected != INVALID_HU
            np.testing.assert_array_equal(hu[valid], expected[valid])
            assert (dataset.pixel_array[~valid] == dataset.PixelPaddingValue).all()
            image = sitk.ReadImage(str(path))
            np.testing.assert_array_equal(sitk.GetArrayFromImage(image)[0][valid], expected[valid])
            assert image.GetSpacing()[:2] == (0.7, 0.75)
            assert image.GetOrigin() == (-12.5, -20.25, 3.0 * index - 7)


def test_each_image_says_what_it_was_made_of_and_by_what(made, tmp_path):
    folder = made.export(tmp_path / "out")
    export_source(images_of("low_dose"), made.images, [made.series], tmp_path / "low")
    sources = {}
    for path in (tmp_path / "low").rglob("*.dcm"):
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        sources[dataset.SOPInstanceUID] = (dataset.PatientID, int(dataset.InstanceNumber))
    studies, uids = {}, set()
    for path in folder.rglob("*.dcm"):
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        (source,) = dataset.SourceImageSequence
        assert sources[source.ReferencedSOPInstanceUID] == (dataset.PatientID, int(dataset.InstanceNumber))
        (equipment,) = dataset.ContributingEquipmentSequence
        assert (equipment.Manufacturer, equipment.ManufacturerModelName) == ("ldct", "redcnn")
        for words in ("training loss mse", "epoch 4", hashlib.sha256(b"weights").hexdigest()):
            assert words in dataset.DerivationDescription
        assert dataset.ImageType[0] == "DERIVED"
        assert dataset.LossyImageCompression == ("01" if dataset.PatientID == "b" else "00")
        studies.setdefault(dataset.PatientID, set()).add((dataset.StudyInstanceUID, dataset.FrameOfReferenceUID))
        uids.add(dataset.SOPInstanceUID)
        assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    assert len(uids) == 4 and not uids & set(sources)
    assert all(len(found) == 1 for found in studies.values()) and studies["a"] != studies["b"]
    low = pydicom.dcmread(next((tmp_path / "low/a").iterdir()), stop_before_pixels=True)
    assert (low.StudyInstanceUID, low.FrameOfReferenceUID) in studies["a"]


def test_equal_input_gives_equal_bytes_and_another_seed_another_series(made, tmp_path):
    first, second = made.export(tmp_path / "one"), made.export(tmp_path / "two")
    for path in first.rglob("*.dcm"):
        assert path.read_bytes() == (second / path.relative_to(first)).read_bytes()
    low = {patient: doses["low"] for patient, doses in made.images.items()}
    export_run(SPEC.model_copy(update={"seed": 2}), made.predictions, made.run, low, [made.series], tmp_path / "three")
    series = {
        pydicom.dcmread(next((tmp_path / name / "a").iterdir())).SeriesInstanceUID for name in ("one", "two", "three")
    }
    assert len(series) == 2


def test_a_failed_run_gives_no_series(made, tmp_path):
    made.outcome("failed", None)
    assert list(made.export(tmp_path / "out").iterdir()) == []


def test_a_corrupt_table_is_named_and_leaves_the_last_result(made, tmp_path):
    folder = made.export(tmp_path / "out")
    made.predictions.write_bytes(b"PAR1 cut short")
    with pytest.raises(InputError, match=r"predictions\.parquet"):
        made.export(folder)
    assert len(list(folder.rglob("*.dcm"))) == 4


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (Debian's dicom3tools) is not installed")
def test_dciodvfy_finds_no_error(made, tmp_path):
    folder = made.export(tmp_path / "out")
    export_source(images_of("full_dose"), made.images, [made.series], tmp_path / "full")
    for path in [*folder.rglob("*.dcm"), next((tmp_path / "full").rglob("*.dcm"))]:
        done = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True)
        assert "CTImage" in done.stdout + done.stderr
        errors = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]
        assert errors == []
