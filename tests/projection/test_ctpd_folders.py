"""Folders of projections as they are copied around: with other files, numbered from 0, parts of scans, focal spots."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLosslessSV1, MediaStorageDirectoryStorage

from ldct.errors import InputError
from ldct.projection.ctpd.index import open_index, write_index
from ldct.projection.ctpd.reader import open_series
from ldct.projection.ctpd.writer import Writer
from ldct.projection.geometry import helical
from ldct.reconstruction.wfbp import reconstruct_grid
from tests.dicom.conftest import ct
from tests.projection.test_ctpd import INFO
from tests.projection.test_phantom import DETECTOR

MODE, FILES = (0x7033, 0x100E), 24


def write(folder, mode="FFSNONE"):
    """The files of a scan, in order, with its geometry and codes."""
    geometry = helical(
        DETECTOR, views_per_rotation=12, pitch=1.0, start_mm=-10, stop_mm=22, flying_focal_spot=mode, start_angle=0.3
    )
    codes = np.random.default_rng(0).integers(0, 65536, (len(geometry), DETECTOR.columns, DETECTOR.rows), np.uint16)
    Writer(folder, geometry, INFO, np.full(DETECTOR.columns, 1e5)).write(0, codes)
    return sorted(folder.iterdir()), geometry, codes


def change(paths, edit) -> None:
    for path in paths:
        dataset = pydicom.dcmread(path)
        edit(dataset)
        dataset.save_as(path)


def directory(folder) -> str:
    """A DICOMDIR as media have one."""
    dataset = ct()
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    del dataset.PixelData
    dataset.save_as(folder / "DICOMDIR", enforce_file_format=True)
    return "DICOMDIR"


def scout(folder) -> str:
    ct(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]).save_as(folder / "000.dcm", enforce_file_format=True)
    return "000.dcm"


def compressed_scout(folder) -> str:
    """Projections are never compressed, but that is no reason to refuse those beside a compressed image."""
    dataset = ct(PixelData=encapsulate([b"\xff\xd8\xff\xd9"]))
    dataset.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(folder / "zzz", enforce_file_format=True)
    return "zzz"


def same_size_scout(folder) -> str:
    """As long as a view, which is then read by the layout of the others."""
    size = sorted(folder.iterdir())[0].stat().st_size
    dataset = ct()
    dataset.ImageComments = ""
    dataset.save_as(folder / "zzz", enforce_file_format=True)
    dataset.PixelData = bytes(len(dataset.PixelData) + size - (folder / "zzz").stat().st_size)
    dataset.save_as(folder / "zzz", enforce_file_format=True)
    assert (folder / "zzz").stat().st_size == size
    return "zzz"


@pytest.mark.parametrize("other", [directory, scout, compressed_scout, same_size_scout])
def test_a_dicom_file_of_another_kind_is_left_out_by_name(tmp_path, other):
    _, _, codes = write(tmp_path / "s")
    name = other(tmp_path / "s")
    rejected: list[InputError] = []
    assert np.array_equal(open_series(tmp_path / "s", rejected).codes(), codes)
    assert [error.path for error in rejected] == [name]
    with pytest.raises(InputError, match=name):
        open_series(tmp_path / "s")


def test_projections_that_lack_their_tags_are_refused_not_left_out(tmp_path):
    paths, *_ = write(tmp_path / "s")
    change(paths[5:6], lambda d: d.__delitem__((0x7029, 0x1010)))
    with pytest.raises(InputError, match="7029,1010"):
        open_series(tmp_path / "s", [])
    paths[5].write_bytes(paths[5].read_bytes()[:400])
    with pytest.raises(InputError, match=paths[5].name):
        open_series(tmp_path / "s", [])


@pytest.mark.parametrize("first", [0, 1, 2, 501])
def test_views_may_be_numbered_from_any_number(tmp_path, first):
    paths, _, codes = write(tmp_path / "s")
    change(paths, lambda d: setattr(d, "InstanceNumber", int(d.InstanceNumber) - 1 + first))
    series = open_series(tmp_path / "s")
    assert np.array_equal(series.codes(), codes) and series.first_instance == first
    write_index(tmp_path / "s", tmp_path / "index.parquet")
    assert open_index(tmp_path / "index.parquet", tmp_path / "s").first_instance == first


@pytest.mark.parametrize(("gone", "named"), [([7], "missing: 8 "), ([5, 6, 7, 8, 9, 10], "6, 7, 8, 9, 10, ... (6 of")])
def test_views_missing_within_the_scan_are_named(tmp_path, gone, named):
    paths, *_ = write(tmp_path / "s")
    for number in gone:
        paths[number].unlink()
    with pytest.raises(InputError) as caught:
        open_series(tmp_path / "s")
    assert named in caught.value.found


@pytest.mark.parametrize("mode", ["FFSNONE", "FFSZ", "FFSXY", "FFSDIAG", "FFSXYZ"])
@pytest.mark.parametrize("stated", [True, False])
def test_focal_spots_are_known_by_name_or_by_their_shifts(tmp_path, mode, stated):
    paths, geometry, _ = write(tmp_path / "s", mode)
    if not stated:
        change(paths, lambda d: d.__delitem__(MODE))
    found = open_series(tmp_path / "s").geometry
    assert found.flying_focal_spot == mode
    assert found.source == pytest.approx(geometry.source, abs=1e-3)


def test_a_diagonal_mode_without_shifts_is_one_spot(tmp_path):
    paths, *_ = write(tmp_path / "s")
    change(paths, lambda d: setattr(d[MODE], "value", b"FFSDIAG "))
    assert open_series(tmp_path / "s").geometry.flying_focal_spot == "FFSNONE"


def test_shifts_of_no_known_mode_are_refused(tmp_path):
    paths, *_ = write(tmp_path / "s")
    change(paths, lambda d: d.__delitem__(MODE))
    for k, path in enumerate(paths):
        change([path], lambda d, k=k: setattr(d[0x7033, 0x100C], "value", np.float32(0.1 * (k % 3)).tobytes()))
    with pytest.raises(InputError, match="3 different shifts"):
        open_series(tmp_path / "s")


@pytest.mark.parametrize("mode", ["FFSNONE", "FFSZ", "FFSDIAG"])
def test_a_part_of_a_scan_gives_the_same_slices_where_it_reaches(tmp_path, mode):
    """The first 45 views were left behind, an odd number, so that the focal spots begin with the other."""
    geometry = helical(
        DETECTOR, views_per_rotation=96, pitch=0.8, start_mm=-60, stop_mm=60, flying_focal_spot=mode, start_angle=0.1
    )
    rng = np.random.default_rng(0)
    smooth = 3000 + 200 * rng.standard_normal((len(geometry), DETECTOR.columns, DETECTOR.rows))
    Writer(tmp_path / "s", geometry, INFO, np.full(DETECTOR.columns, 1e5)).write(0, np.rint(smooth).astype(np.uint16))
    x, z = np.linspace(-80, 80, 24), np.array([10.0, 14.0, 18.0])

    def slices():
        series = open_series(tmp_path / "s")
        return reconstruct_grid(series.codes, series.geometry, x, x, z, scale=series.scale, kernel="soft")

    whole = slices()
    for path in sorted((tmp_path / "s").iterdir())[:45]:
        path.unlink()
    assert np.isfinite(whole).all() and np.ptp(whole) > 5e-4
    assert slices() == pytest.approx(whole, abs=1e-5), "of 1 % of what is in them"
