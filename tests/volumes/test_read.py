"""A volume gives the series that DICOM gives, whatever holds it; what does not say or show that it is HU is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import SimpleITK

from ldct.data.ingest import build_images
from ldct.dicom.series import read_series
from ldct.errors import InputError
from ldct.metrics.cli import main as metrics
from ldct.stages.images import Images
from ldct.study.manifest import fingerprint, missing_input, read_manifest
from ldct.tables import read_table
from ldct.tables.cohort import REJECTIONS, SERIES
from ldct.tables.images import INVALID_HU, read_images
from ldct.volumes.read import read_volume
from tests.data.test_ingest import body, dicom, stack

ENDINGS = [".nii", ".nii.gz", ".mha", ".mhd", ".nrrd"]


def given(folder: Path):
    found, _ = read_series(folder, patient="p", dose="full")
    assert found is not None
    return found


def converted(folder: Path, path: Path, orientation: str = "LPS") -> Path:
    """A DICOM series as ITK itself makes a volume of it, its axes turned."""
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    SimpleITK.WriteImage(SimpleITK.DICOMOrient(reader.Execute(), orientation), str(path))
    return path


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("orientation", ["LPS", "RAS", "PIR"])
def test_a_volume_is_the_series_it_was_made_of(tmp_path, ending, orientation):
    folder = dicom(tmp_path / "d", stack(body(5)))
    expected = given(folder).stack
    found = read_volume(converted(folder, tmp_path / f"v{ending}", orientation), patient="p", dose="full")
    assert np.array_equal(found.stack.hu, expected.hu)
    assert found.stack.position_mm == pytest.approx(expected.position_mm, abs=1e-4)
    assert found.stack.origin_mm == pytest.approx(expected.origin_mm, abs=1e-3)
    assert found.stack.orientation == pytest.approx(expected.orientation, abs=1e-6)
    assert found.stack.pixel_spacing_mm == pytest.approx(expected.pixel_spacing_mm, rel=1e-5)
    assert "no unit stated" in found.notes[0]


def array(path: Path, values: np.ndarray, **sidecar) -> Path:
    if path.suffix == ".npy":
        np.save(path, values)
    else:
        with h5py.File(path, "w") as file:
            file["group/volume"] = values
    if sidecar:
        path.with_name(f"{path.stem}.json").write_text(json.dumps(sidecar))
    return path


@pytest.mark.parametrize("ending", [".npy", ".h5"])
@pytest.mark.parametrize(("order", "axes"), [("zyx", (0, 1, 2)), ("yxz", (1, 2, 0)), ("xyz", (2, 1, 0))])
def test_an_array_is_what_its_sidecar_says(tmp_path, ending, order, axes):
    """Values from 0 to 1 of -1024 to 3071 HU, as networks give them."""
    hu = body(5)
    spacing = {"z": 3.0, "y": 0.7, "x": 0.8}
    path = array(
        tmp_path / f"v{ending}", ((hu + 1024) / 4095).transpose(axes).astype(np.float64),
        slope=4095, intercept=-1024, order=order, spacing_mm=[spacing[axis] for axis in order],
        origin_mm=[-10, -20, 30], kernel="B30f", kv=120, thickness_mm=5,
    )  # fmt: skip
    found = read_volume(path, patient="p", dose="full")
    assert np.array_equal(found.stack.hu, hu)
    assert found.stack.pixel_spacing_mm == (0.7, 0.8)
    assert found.stack.position_mm.tolist() == [30, 33, 36, 39, 42]
    assert found.stack.origin_mm[0].tolist() == [-10, -20, 30]
    assert (found.kernel, found.header.kv, found.stack.slice_thickness_mm, found.notes) == ("B30f", 120, 5, [])


def test_unmeasured_values_are_marked(tmp_path):
    hu = body(3).astype(np.float32)
    hu[:, :2, :2], hu[:, 5, 5] = -5000, np.nan
    found = read_volume(array(tmp_path / "v.npy", hu, spacing_mm=[3, 1, 1], padding=-5000), patient="p", dose="full")
    marked = found.stack.hu == INVALID_HU
    assert marked.sum() == 3 * 5 and marked[:, :2, :2].all() and marked[:, 5, 5].all()


@pytest.mark.parametrize("values", ["stored", "unit", "attenuation"])
def test_values_unlike_hu_need_a_sidecar(tmp_path, values):
    hu = body(4).astype(np.float32)
    changed = {"stored": hu + 1024, "unit": (hu + 1024) / 4095, "attenuation": 0.0192 * (1 + hu / 1000)}[values]
    image = SimpleITK.GetImageFromArray(changed)
    image.SetSpacing((1, 1, 3))
    SimpleITK.WriteImage(image, str(tmp_path / "v.nii.gz"))
    with pytest.raises(InputError, match="sidecar"):
        read_volume(tmp_path / "v.nii.gz", patient="p", dose="full")
    if values == "stored":
        (tmp_path / "v.json").write_text('{"intercept": -1024}')
        assert np.array_equal(read_volume(tmp_path / "v.nii.gz", patient="p", dose="full").stack.hu, body(4))


@pytest.mark.parametrize(
    ("sidecar", "named"),
    [
        (None, "without a sidecar"),
        ({"slope": 1}, "without spacing_mm"),
        ({"spacing_mm": [3, 1, 1], "order": "zzx"}, "order"),
        ({"spacing_mm": [3, 0, 1]}, "spacing_mm"),
        ({"spacing_mm": [3, 1, 1], "slope": 0, "unit": "HU"}, "slope.*unit|unit.*slope"),
    ],
)
def test_a_sidecar_that_does_not_say_enough_is_refused(tmp_path, sidecar, named):
    path = array(tmp_path / "v.npy", body(3), **(sidecar or {}))
    with pytest.raises(InputError, match=named):
        read_volume(path, patient="p", dose="full")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.npy", np.zeros((4, 4))),
        ("a.npy", np.zeros((2, 4, 4), complex)),
        ("a.npy", np.full((2, 4, 4), np.nan)),
        ("a.npy", np.array([[["a"]]])),
        ("a.npy", b"\x93NUMPY\x01"),
        ("a.h5", b"\x89HDF"),
        ("a.nii.gz", b"\x1f\x8b"),
        ("a.mha", b"ObjectType = Image\n"),
        ("a.txt", b"words"),
    ],
)
def test_what_is_no_volume_is_refused(tmp_path, name, content):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content)
    (tmp_path / "a.json").write_text('{"spacing_mm": [1, 1, 1]}')
    with pytest.raises(InputError) as caught:
        read_volume(path, patient="p", dose="full")
    assert str(tmp_path) not in str(caught.value)


def test_a_folder_holds_one_volume_and_a_file_of_several_data_sets_needs_a_name(tmp_path):
    array(tmp_path / "v.h5", body(3), spacing_mm=[3, 1, 1])
    assert len(read_volume(tmp_path, patient="p", dose="full").stack) == 3
    array(tmp_path / "w.npy", body(3))
    with pytest.raises(InputError, match="2 volumes"):
        read_volume(tmp_path, patient="p", dose="full")
    with h5py.File(tmp_path / "v.h5", "a") as file:
        file["other"] = body(2)
    with pytest.raises(InputError, match="2 data sets"):
        read_volume(tmp_path / "v.h5", patient="p", dose="full")
    (tmp_path / "v.json").write_text('{"spacing_mm": [3, 1, 1], "dataset": "/other"}')
    assert len(read_volume(tmp_path / "v.h5", patient="p", dose="full").stack) == 2


@pytest.fixture
def volumes(tmp_path) -> Path:
    """A manifest of a patient with a NIfTI file a dose, both in one folder."""
    for dose, noise in (("full", 8), ("low", 20)):
        folder = dicom(tmp_path / "dicom" / dose, stack(body(5, noise=noise, seed=noise), dose))
        converted(folder, tmp_path / f"p_{dose}.nii.gz", "RAS")
    (tmp_path / "manifest.csv").write_text("patient,kind,full,low\np,volume,p_full.nii.gz,p_low.nii.gz\n")
    return tmp_path


def test_a_patient_of_volumes_is_one_of_the_cohort(volumes):
    (patient,) = read_manifest(volumes / "manifest.csv")
    assert missing_input([patient]) == ""
    spec = Images.Spec(patient="p", kind="volume", region="chest", allow_lossy=False)
    names = [volumes / "out" / name for name in ("full", "low", "series", "rejections")]
    assert patient.full and patient.low
    build_images(spec, {"full": patient.full, "low": patient.low}, *names)
    assert not read_table(names[3], REJECTIONS).to_pylist()
    rows = read_table(names[2], SERIES).to_pylist()
    assert [(row["source"], row["slices"]) for row in rows] == [("volume", 5)] * 2
    for dose, path in zip(("full", "low"), names, strict=False):
        assert np.array_equal(read_images(path).hu, given(volumes / "dicom" / dose).stack.hu)
    (volumes / "p_low.nii.gz").write_bytes(b"cut")
    build_images(spec, {"full": patient.full, "low": patient.low}, *names)
    rejected = read_table(names[3], REJECTIONS).to_pylist()
    assert "no usable low-dose series" in rejected[-1]["found"] and "p_low" not in str(rejected)


def test_a_replaced_volume_or_sidecar_changes_what_stands_for_them(volumes):
    (patient,) = read_manifest(volumes / "manifest.csv")
    seen = [fingerprint(patient)]
    (volumes / "p_low.json").write_text("{}")
    seen.append(fingerprint(patient))
    (volumes / "p_low.json").write_text('{"kv": 120}')
    seen.append(fingerprint(patient))
    (volumes / "p_full.nii.gz").write_bytes((volumes / "p_low.nii.gz").read_bytes())
    seen.append(fingerprint(patient))
    (volumes / "q_full.json").write_text("{}")
    assert len(set(seen)) == 4 and fingerprint(patient) == seen[-1]
    (volumes / "p_full.nii.gz").unlink()
    assert "p_full.nii.gz of patient 'p'" in missing_input([patient])


def test_metrics_of_a_volume_are_those_of_its_dicom_series(volumes):
    full = volumes / "dicom" / "full"
    values = []
    for name, image in (("dicom", volumes / "dicom" / "low"), ("nifti", volumes / "p_low.nii.gz")):
        output = volumes / f"{name}.csv"
        assert metrics(["measure", str(full), str(image), "--metrics", "rmse", "ssim", "-o", str(output)]) == 0
        values.append(list(csv.DictReader(output.open())))
    assert values[0] == values[1] and len(values[0]) == 10
