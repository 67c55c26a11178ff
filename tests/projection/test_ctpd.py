"""DICOM-CT-PD: what is written is what the public files look like, and damaged series are refused."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from ldct.errors import InputError
from ldct.projection.ctpd.index import open_index, write_index
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


def test_untransposed_pixels_are_read(written):
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


def as_text(value) -> bytes:
    return str(value).encode()


# Moen 2021, Table IV, and dictionaries v8 and v11: number -> (VR, where the reader puts the value, a value).
TABLE = {
    (0x7029, 0x1002): ("FL", "detector.column_spacing_mm", 1.2858),
    (0x7029, 0x1006): ("FL", "detector.row_spacing_mm", 1.0947),
    (0x7029, 0x100B): ("CS", "detector.shape", "CYLINDRICAL"),
    (0x7029, 0x1010): ("US", "detector.rows", 6),
    (0x7029, 0x1011): ("US", "detector.columns", 48),
    (0x7031, 0x1001): ("FL", "angle", 0.125),
    (0x7031, 0x1002): ("FL", "position", 48.51),
    (0x7031, 0x1003): ("FL", "detector.source_isocentre_mm", 538.5),
    (0x7031, 0x1031): ("FL", "detector.source_detector_mm", 946.75),
    (0x7033, 0x100B): ("FL", "angle_shift", 0.00125),
    (0x7033, 0x100C): ("FL", "axial_shift", 0.332),
    (0x7033, 0x100D): ("FL", "radial_shift", 2.7),
    (0x7033, 0x100E): ("CS", "flying_focal_spot", "FFSZ"),
    (0x7033, 0x1013): ("US", "acquisition.views_per_rotation", 2304),
    (0x7033, 0x1067): ("FL", "timestamp", 1234.5),
    (0x7037, 0x1009): ("CS", "acquisition.projection_type", "HELICAL"),
    (0x7041, 0x1001): ("DS", "acquisition.water_attenuation", 0.0195),
}


@pytest.fixture
def one_view(tmp_path):
    """Change attributes of a file of one view, by number, and read it."""

    def read(changes: dict, drop=()):
        geometry = helical(DETECTOR, views_per_rotation=12, pitch=1.0, start_mm=0, stop_mm=0.1)
        folder = tmp_path / "one"
        Writer(folder, geometry, INFO, np.full(48, 1e5)).write(0, np.zeros((1, 48, 6), np.uint16))
        (path,) = list(folder.iterdir())[:1]
        for other in list(folder.iterdir())[1:]:
            other.unlink()
        dataset = pydicom.dcmread(path)
        for tag, value in changes.items():
            dataset[tag] = pydicom.DataElement(tag, "UN", value)
        for tag in drop:
            del dataset[tag]
        dataset.save_as(path)
        return open_series(folder)

    return read


def packed(vr, value) -> bytes:
    return {"FL": lambda: np.float32(value).tobytes(), "US": lambda: np.uint16(value).tobytes()}.get(
        vr, lambda: as_text(value)
    )()


@pytest.mark.parametrize("text", [False, True], ids=["binary", "text"])
def test_every_number_of_the_table_means_what_the_manual_says(one_view, text):
    """Numbers as binary, and as the text that some writers store."""
    changes = {}
    for tag, (vr, _, value) in TABLE.items():
        raw = as_text(value) if text else packed(vr, value)
        # Text of 4 (or an even number of) bytes cannot be told from a binary number.
        ambiguous = text and vr in ("FL", "US") and len(raw) % (4 if vr == "FL" else 2) == 0
        changes[tag] = packed(vr, value) if ambiguous else raw
    changes[0x7031, 0x1033] = np.array([24.25, 3.5], np.float32).tobytes()
    series = one_view(changes)
    g = series.geometry
    for tag, (_, where, value) in TABLE.items():
        owner, _, name = where.rpartition(".")
        holder = {"detector": g.detector, "acquisition": series.acquisition}.get(owner, g)
        found = series.timestamp if where == "timestamp" else getattr(holder, name)
        found = found[0] if isinstance(found, np.ndarray) else found
        assert found == (value if isinstance(value, str) else pytest.approx(value, rel=1e-6)), f"{tag} {where}"
    assert (g.detector.central_column, g.detector.central_row) == (24.25, 3.5), "column first"
    # S = (rho0 + drho) at phi0 + dphi, and z0 + dz: by number, whatever dictionary v8 calls them.
    source, angle = g.source[0], 0.125 + 0.00125
    assert source == pytest.approx([-541.2 * np.sin(angle), 541.2 * np.cos(angle), 48.842], abs=1e-3)


@pytest.mark.parametrize("tag", [(0x7039, 0x1000 + k) for k in range(3, 10)])
@pytest.mark.parametrize("how", ["no", "missing"])
def test_every_correction_must_be_declared(one_view, tag, how):
    with pytest.raises(InputError) as caught:
        one_view({} if how == "missing" else {tag: b"NO"}, [tag] if how == "missing" else [])
    assert f"({tag[0]:04X},{tag[1]:04X})" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({(0x7033, 0x1061): np.uint16(2).tobytes()}, "(7033,1061)"),
        ({(0x7033, 0x105B): np.uint16(2).tobytes()}, "(7033,105B)"),
        ({(0x7037, 0x100A): b"PARALLEL"}, "(7037,100A)"),
        ({(0x7033, 0x100E): b"FFSQ"}, "focal spot mode"),
        ({(0x7033, 0x100B): packed("FL", 0.332), (0x7033, 0x100C): packed("FL", 0.001)}, "angular focal spot shift"),
        ({(0x7031, 0x1001): packed("FL", np.nan)}, "(7031,1001)"),
        ({(0x7041, 0x1001): b"19.2"}, "(7041,1001)"),
        ({(0x7029, 0x1011): np.uint16(47).tobytes()}, "(0028,0010)"),
        ({(0x7033, 0x1065): np.ones(7, np.float32).tobytes()}, "PhotonStatistics"),
        ({(0x7033, 0x1065): np.zeros(48, np.float32).tobytes()}, "PhotonStatistics"),
        ({(0x0020, 0x0013): b"3 "}, "views missing"),
    ],
)
def test_what_cannot_be_reconstructed_is_refused(one_view, changes, found):
    with pytest.raises(InputError) as caught:
        one_view(changes)
    assert found in str(caught.value)


def test_the_old_calibration_factor_is_the_fallback(one_view):
    series = one_view({(0x0018, 0x0061): b"0.0193"}, [(0x7041, 0x1001)])
    assert series.acquisition.water_attenuation == pytest.approx(0.0193)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("creator", [CREATOR, "Other generator"])
def test_every_syntax_and_creator_is_read(written, syntax, creator):
    """Typed values under the known creator, UN under another: the same series."""
    folder, geometry, codes, _ = written
    little = syntax != ExplicitVRBigEndian
    for path in sorted(folder.iterdir()):
        dataset = pydicom.dcmread(path)
        if not little:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
        for element in list(dataset):
            tag, value = int(element.tag), element.value
            if tag & 0xFFFF == 0x0010 and 0x7029 <= tag >> 16 <= 0x7041:
                element.value = creator
            elif tag in PRIVATE:
                kind = PRIVATE[tag].binary
                number = np.frombuffer(value, f"<{kind}") if kind else value.decode().strip()
                if creator == CREATOR:
                    plain = number if not kind else number.tolist() if len(number) > 1 else number[0].item()
                    dataset[tag] = pydicom.DataElement(tag, PRIVATE[tag].vr, plain)
                elif kind:
                    element.value = number.astype(("<" if little else ">") + kind).tobytes()
        dataset.file_meta.TransferSyntaxUID = syntax
        pydicom.dcmwrite(path, dataset, implicit_vr=False, little_endian=little, force_encoding=True)
    series = open_series(folder)
    assert np.array_equal(series.codes(), codes)
    assert series.geometry.position == pytest.approx(geometry.position, abs=1e-4)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_multi_frame_files_carry_their_views_in_functional_groups(written, tmp_path, syntax):
    folder, geometry, codes, _ = written
    pydicom_views = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    (tmp_path / "m").mkdir()
    for number, first in enumerate(range(0, len(codes), 8)):
        dataset = pydicom.dcmread(sorted(folder.iterdir())[0])
        frames = []
        for view in pydicom_views[first : first + 8]:
            item, inner = pydicom.Dataset(), pydicom.Dataset()
            for tag in (0x70311001, 0x70311002, 0x7033100B, 0x7033100C, 0x7033100D, 0x70331065, 0x70331067):
                inner[tag] = view[tag]
            inner.add_new((0x7031, 0x0010), "LO", CREATOR)
            inner.add_new((0x7033, 0x0010), "LO", CREATOR)
            item.add_new((0x0018, 0x9321), "SQ", [inner])
            frames.append(item)
        dataset.NumberOfFrames, dataset.InstanceNumber = len(frames), number + 1
        dataset.PerFrameFunctionalGroupsSequence = frames
        dataset.PixelData = codes[first : first + 8].tobytes()
        dataset.file_meta.TransferSyntaxUID = syntax
        implicit = syntax == ImplicitVRLittleEndian
        pydicom.dcmwrite(
            tmp_path / f"m/{number}", dataset, implicit_vr=implicit, little_endian=True, force_encoding=True
        )
    series = open_series(tmp_path / "m")
    assert np.array_equal(series.codes(), codes)
    assert series.geometry.position == pytest.approx(geometry.position, abs=1e-4)
    dataset.NumberOfFrames = 7
    pydicom.dcmwrite(tmp_path / "m/0", dataset, implicit_vr=implicit, little_endian=True, force_encoding=True)
    with pytest.raises(InputError):
        open_series(tmp_path / "m")


def test_an_index_opens_as_the_series_itself(written, tmp_path):
    folder, _, codes, photons = written
    (folder / "below").mkdir()
    for path in sorted(folder.glob("*.dcm"))[::2]:
        path.rename(folder / "below" / f"z{path.name}")
    made = write_index(folder, tmp_path / "index.parquet")
    found = open_index(tmp_path / "index.parquet", folder)
    assert found.acquisition == made.acquisition
    assert np.array_equal(found.codes(3, 17, 2), codes[3:17:2])
    for name in ("angle", "position", "angle_shift", "radial_shift", "axial_shift"):
        assert np.array_equal(getattr(found.geometry, name), getattr(made.geometry, name))
    assert found.photons[5] == pytest.approx(photons)
    next(folder.glob("*.dcm")).unlink()
    with pytest.raises(InputError, match="no such file"):
        open_index(tmp_path / "index.parquet", folder)


def test_a_file_that_shrinks_after_opening_is_an_error(written):
    folder = written[0]
    series = open_series(folder)
    cut = sorted(folder.iterdir())[4]
    cut.write_bytes(cut.read_bytes()[:-2])
    with pytest.raises(InputError, match="fewer pixels"):
        series.codes()
