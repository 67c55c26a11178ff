"""Frames are one series unless their positions collide, and none is lost without a word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from ldct.dicom.assembly import assemble
from ldct.dicom.headers import Header
from ldct.dicom.read import Slice
from ldct.dicom.series import read_series
from ldct.errors import InputError
from tests.dicom.conftest import ct, write
from tests.dicom.test_read import enhanced


def image(z: float, seed: int, part: int = 1, series: str = "1", kv: float = 120.0) -> Slice:
    """A small slice at `z`; equal seeds have equal pixels."""
    return Slice(
        file=f"{z}/{seed}/{part}",
        hu=np.full((2, 2), seed, np.int16),
        position=np.array([0.0, 0.0, z]),
        orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
        pixel_spacing_mm=(1.0, 1.0),
        header=Header(series=series, shape=(2, 2), kv=kv, pixel_spacing=(1.0, 1.0)),
        part=(str(part),),
        unit="HU",
        manufacturer=None,
        number=None,
        tilt_degrees=0.0,
        lossy=False,
        padding_hu=None,
    )


def scan(z, part=1, first=0, **header) -> list[Slice]:
    return [image(float(at), first + k, part, **header) for k, at in enumerate(z)]


def positions(slices) -> list[float]:
    return [float(item.position[2]) for item in slices]


@pytest.mark.parametrize("parts", [[1] * 12, list(range(12)), [1] * 7 + [2] * 5, [1, 1, 2, 3, 3, 3, 4, 5, 5, 6, 7, 8]])
def test_table_positions_are_one_series(parts):
    together = assemble([image(3.0 * k, k, part) for k, part in enumerate(parts)])
    assert positions(together.slices) == [3.0 * k for k in range(12)]
    assert not together.aside and not together.lost
    assert bool(together.notes) == (len(set(parts)) > 1)


def test_two_phases_at_the_same_positions_are_never_mixed():
    z = np.arange(8) * 3.0
    with pytest.raises(InputError, match=r"two different images at one position, 8 times"):
        assemble(scan(z, 1) + scan(z, 2, first=100))


@pytest.mark.parametrize("offset", [0.3, 1.0, -0.8])
def test_nor_are_phases_whose_positions_differ_a_little(offset):
    """Two helical scans of one region, the table a little further in the second."""
    z = np.arange(8) * 3.0
    with pytest.raises(InputError, match="one position"):
        assemble(scan(z, 1) + scan(z + offset, 2, first=100))


def test_two_step_and_shoot_phases_are_refused():
    z = np.arange(6) * 5.0
    first = [image(at, k, part=k) for k, at in enumerate(z)]
    with pytest.raises(InputError, match="6 times"):
        assemble(first + [image(at, 50 + k, part=20 + k) for k, at in enumerate(z)])


def test_slices_just_between_those_of_another_acquisition_make_one_series():
    together = assemble(scan(np.arange(6) * 4.0, 1) + scan(np.arange(6) * 4.0 + 2, 2, first=50))
    assert positions(together.slices) == [2.0 * k for k in range(12)]


def test_a_doubtful_position_costs_itself():
    z = np.arange(9) * 3.0
    together = assemble([*scan(z), image(12.0, 77)])
    assert positions(together.slices) == [at for at in z if at != 12.0]
    assert together.lost == 2 and together.doubtful == 1
    assert {error.path for error in together.aside} == {"12.0/4/1", "12.0/77/1"}
    assert any("1 position" in note for note in together.notes)


def test_where_two_acquisitions_overlap_only_the_overlap_is_lost():
    together = assemble(scan(np.arange(7) * 3.0, 1) + scan(18.0 + np.arange(6) * 3.0, 2, first=50))
    assert len(together.slices) == 11 and together.lost == 2


def test_the_acquisition_that_keeps_more_is_taken_with_a_note():
    z = np.arange(8) * 3.0
    together = assemble(scan(z, 1) + scan(z[:6], 2, first=50))
    assert [item.part for item in together.slices] == [("1",)] * 8
    assert len(together.aside) == 6 and not together.lost
    assert any("another acquisition" in note for note in together.notes)


def test_two_of_three_positions_in_doubt_are_too_many():
    with pytest.raises(InputError, match="one position, 2 times"):
        assemble([*scan([0.0, 3.0, 6.0]), image(0.0, 70), image(3.0, 71)])


def test_headers_that_differ_in_digits_only_do_not_split_a_series():
    together = assemble(scan([0.0, 3.0], kv=120.0) + scan([6.0], first=9, kv=119.9))
    assert len(together.slices) == 3
    apart = assemble(scan([0.0, 3.0], kv=120.0) + scan([6.0], first=9, kv=100.0))
    assert len(apart.slices) == 2 and apart.lost == 1, "another voltage of the same series is lost"
    other = assemble(scan([0.0, 3.0]) + scan([6.0], first=9, series="2"))
    assert len(other.slices) == 2 and other.lost == 0, "another series is not"


def test_a_series_whose_files_have_each_a_frame_of_reference_is_one():
    slices = scan(np.arange(5) * 3.0)
    own = [replace(s, header=replace(s.header, frame_of_reference=f"1.{k}")) for k, s in enumerate(slices)]
    assert len(assemble(own).slices) == 5
    several = [replace(s, header=replace(s.header, series=str(k))) for k, s in enumerate(own)]
    with pytest.raises(InputError, match="5 series"):
        assemble(several)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(1, 3), st.sampled_from("12")),
        min_size=1, max_size=25,
    )
)  # fmt: skip
def test_every_frame_is_used_or_set_aside_and_no_position_twice(frames):
    slices = [image(3.0 * z, seed, part, series) for z, seed, part, series in frames]
    try:
        together = assemble(slices)
    except InputError:
        return
    assert len(slices) == len(together.slices) + len(together.aside)
    assert len(set(positions(together.slices))) == len(together.slices)
    assert positions(together.slices) == sorted(positions(together.slices))
    assert len({item.header.series for item in together.slices}) == 1
    assert 0 <= together.lost <= len(together.aside)


def test_a_damaged_file_is_a_lost_frame_and_a_letter_is_not(series):
    (series / "letter.txt").write_text("not CT")
    found, _ = read_series(series, patient="p", dose="full")
    assert found is not None and (found.frames, len(found.stack), found.notes) == (5, 5, [])
    path = sorted(series.glob("*.dcm"))[2]
    path.write_bytes(path.read_bytes()[:-500])
    found, _ = read_series(series, patient="p", dose="full")
    assert found is not None and (found.frames, len(found.stack)) == (5, 4)
    assert any("1 of its 5 frames (20.0 %)" in note for note in found.notes)


def multiframe(count: int, **changes):
    """A classic CT image with `count` frames and one position."""
    dataset = ct(**changes)
    stored = np.random.default_rng(5).integers(0, 2000, (count, dataset.Rows, dataset.Columns)).astype("<i2")
    dataset.NumberOfFrames, dataset.PixelData = count, stored.tobytes()
    return dataset, stored


def test_a_frame_without_a_position_costs_itself(tmp_path):
    dataset = enhanced()
    del dataset.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence
    write(tmp_path, dataset)
    found, refused = read_series(tmp_path, patient="p", dose="full")
    assert found is not None and (len(found.stack), found.frames) == (1, 2)
    assert [error.path for error in refused] == ["000.dcm (frame 2)"]


def test_the_frames_of_a_classic_file_without_positions_are_refused(tmp_path):
    write(tmp_path, multiframe(6)[0])
    found, refused = read_series(tmp_path, patient="p", dose="full")
    assert found is None
    assert "6 frames with one position" in refused[0].found


def test_the_frames_of_a_classic_file_with_positions_are_all_read(tmp_path):
    dataset, stored = multiframe(4)
    places = []
    for z in (9.0, 3.0, 6.0, 0.0):
        group, plane = Dataset(), Dataset()
        plane.ImagePositionPatient = [0, 0, z]
        group.PlanePositionSequence = [plane]
        places.append(group)
    dataset.PerFrameFunctionalGroupsSequence = places
    write(tmp_path, dataset)
    found, refused = read_series(tmp_path, patient="p", dose="full")
    assert found is not None and not refused
    assert found.stack.position_mm.tolist() == [0, 3, 6, 9]
    assert np.array_equal(found.stack.hu, stored[[3, 1, 2, 0]] - 1024)
