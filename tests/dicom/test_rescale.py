"""Values are HU where they look like them; what says it is something else, or looks like something else, is refused."""

from __future__ import annotations

import locale

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, JPEGLossless, JPEGLosslessSV1

from ldct.dicom.read import read_slices
from ldct.dicom.rescale import plausible, unscaled
from ldct.dicom.series import read_series
from ldct.errors import InputError
from tests.dicom.conftest import SHAPE, ct, write
from tests.dicom.test_padding import as_hu, scan


@pytest.fixture(autouse=True)
def same_locale():
    """ITK's writer of DICOM leaves the process with another locale."""
    before = locale.setlocale(locale.LC_ALL)
    yield
    locale.setlocale(locale.LC_ALL, before)


def body(slices: int = 4) -> np.ndarray:
    return as_hu(scan(15.0, slices=slices))


def series(folder, hu, *, intercept=-1024, **changes):
    files = [
        ct(k, Rows=hu.shape[1], Columns=hu.shape[2], RescaleIntercept=intercept,
           PixelData=(image.astype(int) - intercept).astype("<i2").tobytes(), **changes)
        for k, image in enumerate(hu)
    ]  # fmt: skip
    return read_series(write(folder, *files), patient="p", dose="full")


@pytest.mark.parametrize("kind", ["US", "us", "UNSPECIFIED", "Hounsfield", "HU", None])
def test_values_like_hu_are_read(tmp_path, kind):
    hu = body()
    found, refused = series(tmp_path, hu, **({} if kind is None else {"RescaleType": kind}))
    assert found is not None and not refused
    assert np.array_equal(found.stack.hu, hu)
    assert any("read as HU" in note for note in found.notes) == (str(kind).upper() in ("US", "UNSPECIFIED"))


@pytest.mark.parametrize("kind", ["OD", "Z_EFF", "ED", "HU_MOD", "PCT", "MGML", "whatever"])
def test_values_that_say_they_are_something_else_are_refused(tmp_path, kind):
    found, refused = series(tmp_path, body(), RescaleType=kind)
    assert found is None
    assert "HU" in refused[0].expected and "whatever" not in refused[0].found


@pytest.mark.parametrize("change", ["stored", "scaled", "attenuation", "random"])
def test_unspecified_values_unlike_hu_are_refused(tmp_path, change):
    hu = body()
    values = {
        "stored": hu.astype(int) + 1024,
        "scaled": np.rint(hu * 0.7).astype(int),
        "attenuation": np.rint(0.192 * (1000 + hu)).astype(int),
        "random": np.random.default_rng(0).integers(-1024, 3000, hu.shape),
    }[change]
    found, refused = series(tmp_path, values, intercept=0, RescaleType="US")
    assert found is None
    assert "not like HU" in refused[-1].found


def test_stored_values_without_a_type_are_refused_as_well(tmp_path):
    found, refused = series(tmp_path, body().astype(int) + 1024, intercept=0)
    assert found is None
    assert "like stored ones" in refused[-1].found


def test_a_region_inside_the_body_is_no_reason_to_refuse():
    """Without a type the standard says HU; a field of view without air does not speak against it."""
    rng = np.random.default_rng(0)
    for mean in (0, 60, 900, 1100):
        assert not unscaled(rng.normal(mean, 20, 5000))
    assert not plausible(rng.normal(0, 20, 5000)), "and is not enough where the type is unspecified"


@pytest.mark.parametrize("table", ["none", "air and denoised tissue"])
def test_a_series_that_simpleitk_wrote_is_read(tmp_path, table):
    hu = body() if table == "none" else np.where(body() < -500, -1000, 40).astype(np.int16)
    for k, image in enumerate(hu):
        one = SimpleITK.GetImageFromArray(image[None])
        one.SetSpacing((0.8, 0.7, 3.0))
        writer = SimpleITK.ImageFileWriter()
        writer.KeepOriginalImageUIDOn()
        for key, value in {
            "0008|0016": "1.2.840.10008.5.1.4.1.1.2", "0008|0060": "CT", "0020|000e": "1.2.3", "0028|1052": "0",
            "0028|1053": "1", "0020|0032": f"0\\0\\{3.0 * k}", "0020|0037": "1\\0\\0\\0\\1\\0",
        }.items():  # fmt: skip
            one.SetMetaData(key, value)
        writer.SetFileName(str(tmp_path / f"{k}.dcm"))
        writer.Execute(one)
    found, refused = read_series(tmp_path, patient="p", dose="full")
    assert found is not None and not refused
    assert np.array_equal(found.stack.hu, hu)
    assert "RescaleType US" in found.notes[0]


def jpeg_lossless(folder, hu, compressed: bool):
    """What ITK's GDCM writes: process 14, first-order prediction, signed 16-bit pixels."""
    folder.mkdir()
    for k, image in enumerate(hu):
        one = SimpleITK.GetImageFromArray(image[None])
        one.SetSpacing((0.8, 0.7, 3.0))
        for key, value in {
            "0008|0016": "1.2.840.10008.5.1.4.1.1.2", "0008|0060": "CT", "0020|000e": "1.2.3", "0028|1052": "0",
            "0028|1053": "1", "0020|0032": f"0\\0\\{3.0 * k}", "0020|0037": "1\\0\\0\\0\\1\\0",
        }.items():  # fmt: skip
            one.SetMetaData(key, value)
        writer = SimpleITK.ImageFileWriter()
        writer.KeepOriginalImageUIDOn()
        writer.SetUseCompression(compressed)
        writer.SetCompressor("JPEG")
        writer.SetFileName(str(folder / f"{k}.dcm"))
        writer.Execute(one)
    return folder


@pytest.mark.parametrize("values", ["body", "ends of the scale"])
def test_jpeg_lossless_gives_the_same_hu_as_no_compression(tmp_path, values):
    hu = body() if values == "body" else np.random.default_rng(1).integers(-32767, 32768, (2, *SHAPE)).astype(np.int16)
    plain, packed = (jpeg_lossless(tmp_path / name, hu, name == "packed") for name in ("plain", "packed"))
    slices = [read_slices(folder / f"{k}.dcm", "a")[0] for folder in (plain, packed) for k in range(len(hu))]
    for k, image in enumerate(hu):
        assert np.array_equal(slices[k].hu, image) and np.array_equal(slices[len(hu) + k].hu, image)
    assert sum(p.stat().st_size for p in packed.iterdir()) != sum(p.stat().st_size for p in plain.iterdir())


@pytest.mark.parametrize("syntax", [JPEGLossless, JPEGLosslessSV1])
def test_a_cut_jpeg_stream_is_refused(tmp_path, syntax):
    folder = jpeg_lossless(tmp_path / "a", body(1), True)
    dataset = pydicom.dcmread(folder / "0.dcm")
    assert dataset.file_meta.TransferSyntaxUID == JPEGLosslessSV1
    data = dataset.PixelData
    dataset.PixelData = data[: len(data) // 2 // 2 * 2]
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(folder / "0.dcm")
    with pytest.raises(InputError):
        read_slices(folder / "0.dcm", "a")


def test_lossy_jpeg_is_lossy_whatever_the_header_says(tmp_path):
    dataset = ct(PixelData=encapsulate([b"\xff\xd8\xff\xd9"]))
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset["PixelData"].is_undefined_length = True
    write(tmp_path, dataset, names=["a"])
    with pytest.raises(InputError, match="lossily"):
        read_slices(tmp_path / "a", "a")
