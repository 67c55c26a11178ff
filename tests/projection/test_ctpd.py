"""DICOM-CT-PD: what is written is what the public files look like, and damaged series are refused."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRBigEndian

from ldct.errors import InputError
from ldct.projection.ctpd.reader import open_series
from ldct.projection.ctpd.tags import PRIVATE
from ldct.projection.ctpd.writer import SeriesInfo, Writer
from ldct.projection.geometry import helical
from tests.projection.test_phantom import DETECTOR

CREATOR = "CtProjectionData-MayoClinc-v1"
INFO = SeriesInfo(
    study_uid="2.25.1",
    series_uid="2.25.2",
    frame_of_reference_uid="2.25.3",
    patient_id="p1",
    views_per_rotation=12,
    pitch=1.0,
    water_attenuation=0.0192,
    slope=1.5e-4,
    intercept=-0.2,
)


@pytest.fixture
def written(tmp_path):
    """Folder, geometry, codes and photons of a series of 24 views."""
    geometry = helical(
        DETECTOR, views_per_rotation=12, pitch=1.0, start_mm=-10, stop_mm=22, flying_focal_spot="FFSZ", start_angle=0.3
    )
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 65536, (len(geometry), DETECTOR.columns, DETECTOR.rows), np.uint16)
    photons = 1e5 + 10.0 * np.arange(DETECTOR.columns)
    writer = Writer(tmp_path / "s", geometry, INFO, photons)
    writer.write(0, codes[:7])
    writer.write(7, codes[7:])
    return tmp_path / "s", geometry, codes, photons


def test_round_trip(written):
    folder, geometry, codes, photons = written
    series = open_series(folder)
    assert np.array_equal(series.codes(), codes)
    assert np.array_equal(series.codes(3, 9), codes[3:9])
    assert series.line_integrals(0, 2) == pytest.approx(codes[:2] * 1.5e-4 - 0.2, abs=1e-5)
    assert series.photons[0] == pytest.approx(photons)
    for name in ("angle", "angle_shift"):
        found, expected = getattr(series.geometry, name), getattr(geometry, name)
        assert np.allclose(np.exp(1j * found), np.exp(1j * expected), atol=1e-6)
    for name in ("position", "radial_shift", "axial_shift"):
        assert getattr(series.geometry, name) == pytest.approx(getattr(geometry, name), abs=1e-4)
    assert series.geometry.flying_focal_spot == "FFSZ"
    assert series.geometry.detector.central_column == pytest.approx(24.25)


def test_plain_pydicom_sees_what_the_manual_says(written):
    folder, _, codes, _ = written
    first = pydicom.dcmread(sorted(folder.iterdir())[0])
    assert first.SOPClassUID == "1.2.840.10008.5.1.4.1.1.66"
    assert first.file_meta.TransferSyntaxUID.is_implicit_VR
    for group in (0x7029, 0x7031, 0x7033, 0x7037, 0x7039, 0x7041):
        assert first[group, 0x0010].value == CREATOR
    assert (first.Rows, first.Columns) == (DETECTOR.columns, DETECTOR.rows), "transposed"
    assert np.array_equal(first.pixel_array, codes[first.InstanceNumber - 1])
    raw = first[0x7031, 0x1003].value
    value = np.frombuffer(raw, "<f4")[0] if isinstance(raw, bytes) else raw
    assert value == pytest.approx(595.0)


def test_order_is_that_of_instance_numbers_not_of_names(written):
    folder, _, codes, _ = written
    paths = sorted(folder.iterdir())
    for number, path in enumerate(paths):
        path.rename(folder / f"{len(paths) - number:05d}_renamed.dcm")
    assert np.array_equal(open_series(folder).codes(), codes)


def test_explicit_big_endian_and_untransposed_pixels_are_read(written):
    folder, _, codes, _ = written
    for path in folder.iterdir():
        dataset = pydicom.dcmread(path)
        pixels = codes[dataset.InstanceNumber - 1].T
        dataset.Rows, dataset.Columns = pixels.shape
        dataset.PixelData = np.ascontiguousarray(pixels).astype("<u2").tobytes()
        dataset.save_as(path)
    assert np.array_equal(open_series(folder).codes(), codes)


def change(path, **values):
    dataset = pydicom.dcmread(path)
    for name, value in values.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    dataset.save_as(path)


def break_gap(paths):
    paths[5].unlink()


def break_duplicate(paths):
    change(paths[5], InstanceNumber=5)


def break_truncated(paths):
    paths[5].write_bytes(paths[5].read_bytes()[:-100])


def break_flag(paths):
    dataset = pydicom.dcmread(paths[5])
    dataset[0x7039, 0x1009].value = b"NO"
    dataset.save_as(paths[5])


def break_size(paths):
    change(paths[5], Rows=47)


def break_rescale(paths):
    change(paths[5], RescaleSlope=None)


@pytest.mark.parametrize("harm", [break_gap, break_duplicate, break_truncated, break_flag, break_size, break_rescale])
def test_a_damaged_series_is_refused_with_a_reason(written, harm):
    folder = written[0]
    harm(sorted(folder.iterdir()))
    with pytest.raises(InputError) as caught:
        open_series(folder)
    assert caught.value.found and caught.value.expected and caught.value.action


def test_a_text_file_is_set_aside_where_asked(written):
    folder, _, codes, _ = written
    (folder / "notes.txt").write_text("not a projection")
    rejected: list[InputError] = []
    assert len(open_series(folder, rejected)) == len(codes)
    assert [error.path.split("/")[-1] for error in rejected] == ["notes.txt"]


def test_an_empty_folder_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no projections"):
        open_series(tmp_path / "empty")


def test_big_endian_files_are_read(written):
    folder, _, codes, _ = written
    for path in sorted(folder.iterdir()):
        dataset = pydicom.dcmread(path)
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
        for element in list(dataset):
            if element.VR == "UN" and isinstance(element.value, bytes):
                tag, value = element.tag, element.value
                kind = PRIVATE[int(tag)].binary if int(tag) in PRIVATE else ""
                dataset[tag].value = np.frombuffer(value, f"<{kind}").astype(f">{kind}").tobytes() if kind else value
        dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        pydicom.dcmwrite(path, dataset, implicit_vr=False, little_endian=False, force_encoding=True)
    assert np.array_equal(open_series(folder).codes(), codes)
