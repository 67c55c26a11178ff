"""Patches, and the order and form in which training sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldct.data import stream as stream_module
from ldct.data.patches import extract_patches
from ldct.data.selection import evenly_spaced
from ldct.data.stream import PatchStream, PatchTables
from ldct.data.stream_order import ShuffledOrder
from ldct.errors import InputError
from ldct.intensity import Intensity
from ldct.stages.patches import Patches
from ldct.tables import read_table
from ldct.tables.images import INVALID_HU, ImageStack, unpack, write_images
from ldct.tables.patches import patches_schema

SPEC = {
    "size": 24,
    "per_patient": 150,
    "seed": 1,
    "air_below_hu": -900.0,
    "largest_air_share": 0.4,
}


def extract(*paths: Path, patient: str = "p", **changes) -> None:
    """full, low and output of one patient."""
    extract_patches(Patches.Spec(patients=(patient,), **{**SPEC, **changes}), patient, *paths)


def write(path: Path, hu: np.ndarray, dose: str, index: np.ndarray | None = None) -> Path:
    n = len(hu)
    stack = ImageStack(
        patient="p",
        dose=dose,
        hu=hu.astype(np.int16),
        position_mm=np.arange(n) * 2.0,
        pixel_spacing_mm=(1.0, 1.0),
        slice_thickness_mm=2.0,
        origin_mm=np.zeros((n, 3)),
        index=np.arange(n, dtype=np.int32) if index is None else index,
    )
    write_images(path, stack)
    return path


def body(n: int = 5, rows: int = 70, columns: int = 90) -> np.ndarray:
    """Distinct values everywhere, air left of a third, an unmeasured frame and spot."""
    hu = np.arange(n * rows * columns).reshape(n, rows, columns) % 30000
    hu[:, :, : columns // 3] = -1000
    hu[:, :3] = hu[:, :, -2:] = INVALID_HU
    hu[2, 40, 60] = INVALID_HU
    return hu


@pytest.fixture
def extracted(tmp_path) -> tuple[np.ndarray, np.ndarray, pa.Table]:
    full = body()
    low = np.where(full == INVALID_HU, full, full + 7)
    low[1, 30, 50] = INVALID_HU
    paths = write(tmp_path / "full.parquet", full, "full"), write(tmp_path / "low.parquet", low, "low")
    extract(*paths, tmp_path / "patches.parquet")
    return full, low, read_table(tmp_path / "patches.parquet", patches_schema(24))


def test_patches_are_the_images_at_their_positions(extracted):
    full, low, table = extracted
    size = SPEC["size"]
    assert len(table) == SPEC["per_patient"]
    assert set(table["patient"].to_pylist()) == {"p"}
    for name, images in (("full", full), ("low", low)):
        patches = unpack(table[name], (size, size))
        for patch, k, r, c in zip(patches, *(table[x].to_pylist() for x in ("slice", "row", "column")), strict=True):
            assert np.array_equal(patch, images[k, r : r + size, c : c + size])


def test_no_patch_is_mostly_air_or_unmeasured(extracted):
    _, _, table = extracted
    full, low = (unpack(table[name], (24, 24)) for name in ("full", "low"))
    assert not (full == INVALID_HU).any()
    assert not (low == INVALID_HU).any()
    shares = (full < -900).mean(axis=(1, 2))
    assert shares.max() <= 0.4
    assert shares.max() > 0.2, "patches with some air are wanted too"


def test_whole_volume_is_all_that_is_measured_and_no_air(tmp_path):
    """Without frame and spots, every pixel that is not air lies in a patch; the share of air is kept to."""
    full = body()
    full[:, :3], full[:, :, -2:], full[2, 40, 60] = 40, 40, 40
    low = full + 7
    low[1, 30, 50] = INVALID_HU
    paths = write(tmp_path / "full.parquet", full, "full"), write(tmp_path / "low.parquet", low, "low")
    extract(*paths, tmp_path / "patches.parquet", per_patient=None, seed=None)
    table = read_table(tmp_path / "patches.parquet", patches_schema(24))
    covered = np.zeros(full.shape, bool)
    places = list(zip(*(table[name].to_pylist() for name in ("slice", "row", "column")), strict=True))
    for k, r, c in places:
        covered[k, r : r + 24, c : c + 24] = True
    assert len(set(places)) == len(places)
    assert not covered[low == INVALID_HU].any()
    # Columns of patches start at 0, 24, 48 and 66; air fills the first and a quarter of the second.
    assert {c for _, _, c in places} == {24, 48, 66}
    assert covered[[0, 2, 3, 4], :, 30:].all()
    holes = ~covered[1, :, 30:]
    assert holes[30, 20]
    assert holes.sum() <= 24 * 24


def test_positions_depend_on_seed_and_patient_only(tmp_path):
    paths = write(tmp_path / "full.parquet", body(), "full"), write(tmp_path / "low.parquet", body(), "low")

    def content(**change):
        extract(*paths, tmp_path / "out.parquet", **change)
        return (tmp_path / "out.parquet").read_bytes()

    first = content()
    assert content() == first
    assert content(seed=2) != first
    read = [pq.read_table(tmp_path / "out.parquet", columns=["row"])]
    content(patient="q")
    read.append(pq.read_table(tmp_path / "out.parquet", columns=["row"]))
    assert not read[0].equals(read[1])


def test_only_slices_of_both_doses(tmp_path):
    hu = body()
    full = write(tmp_path / "full.parquet", hu[:4], "full", np.array([10, 11, 12, 14], np.int32))
    low = write(tmp_path / "low.parquet", hu[[3, 2, 1]], "low", np.array([14, 12, 11], np.int32))
    extract(full, low, tmp_path / "out.parquet")
    table = read_table(tmp_path / "out.parquet", patches_schema(24))
    assert set(table["slice"].to_pylist()) == {11, 12, 14}
    assert table["low"].equals(table["full"])


def test_empty_and_airy_patients(tmp_path, caplog):
    out = tmp_path / "out.parquet"
    empty = np.zeros((0, 64, 64))
    extract(
        write(tmp_path / "f.parquet", empty, "full"),
        write(tmp_path / "l.parquet", empty, "low"),
        out,
    )
    assert len(read_table(out, patches_schema(24))) == 0
    air = write(tmp_path / "air.parquet", np.full((2, 40, 40), -1000), "full")
    extract(air, air, out)
    assert len(read_table(out, patches_schema(24))) == 0
    assert "0 patches instead of 150" in caplog.text


def test_images_that_do_not_fit(tmp_path):
    small = write(tmp_path / "small.parquet", np.zeros((1, 20, 20)), "full")
    wide = write(tmp_path / "wide.parquet", np.zeros((1, 20, 30)), "low")
    with pytest.raises(InputError, match="at least 24 x 24"):
        extract(small, small, tmp_path / "o")
    with pytest.raises(InputError, match="as at full dose"):
        extract(small, wide, tmp_path / "o")


@pytest.fixture
def many(tmp_path, monkeypatch) -> PatchTables:
    """Three patients of several row groups, small windows; each patch is told by its mean."""
    monkeypatch.setattr("ldct.data.patches.ROW_GROUP", 16)
    monkeypatch.setattr(stream_module, "WINDOW_BYTES", 3 * 16 * 8 * 8 * 4)
    paths = {}
    for patient, count in (("a", 40), ("b", 23), ("c", 60)):
        hu = np.random.default_rng(count).integers(-800, 1000, (3, 40, 40))
        image = write(tmp_path / f"{patient}.parquet", hu, "full")
        changes = {"size": 8, "per_patient": count, "largest_air_share": 1.0}
        extract(image, image, tmp_path / f"{patient}.patches.parquet", patient=patient, **changes)
        paths[patient] = tmp_path / f"{patient}.patches.parquet"
    return PatchTables(paths, ["a", "b", "c"])


def test_streaming_gives_what_memory_gives(many):
    resident, streamed = PatchStream(many, 4, 7), PatchStream(many, 4, 7, resident_bytes=0)
    assert resident.resident
    assert not streamed.resident
    for step in [*range(60), 3, 41, 0]:
        for one, other in zip(resident.batch(step), streamed.batch(step), strict=True):
            assert np.array_equal(one, other)


def test_order_depends_on_seed_and_step_only(many):
    first = PatchStream(many, 4, 7)
    expected = [first.batch(step)[0] for step in range(30)]
    assert np.array_equal(PatchStream(many, 4, 7).batch(29)[0], expected[29])
    assert not np.array_equal(PatchStream(many, 5, 7).batch(29)[0], expected[29])


def test_each_pass_sees_each_patch_once(many):
    size = len(many)
    stream = PatchStream(many, 0, size)
    full = many.read(range(len(many.groups)))[1]
    means = np.sort(Intensity().standardise(full.astype(np.float64)).mean(axis=(1, 2)))
    orders = [stream.batch(step)[1].astype(np.float64).mean(axis=(1, 2, 3)) for step in range(3)]
    for order in orders:
        np.testing.assert_allclose(np.sort(order), means, atol=1e-5)
    assert not np.allclose(orders[0], orders[1])


def test_turns_are_the_eight_symmetries_and_equal_for_both_doses(many):
    stream = PatchStream(many, 0, 64)
    patches = Intensity().standardise(many.read(range(len(many.groups)))[0].astype(np.float32))
    symmetries = {
        (turn, flip): np.rot90(patches[:, ::-1] if flip else patches, turn, axes=(1, 2))
        for turn in range(4)
        for flip in (False, True)
    }
    seen = set()
    for step in range(4):
        low, full = stream.batch(step)
        assert np.array_equal(low, full)
        for patch in low[:, 0]:
            seen.update(k for k, turned in symmetries.items() if np.abs(turned - patch).max(axis=(1, 2)).min() < 1e-5)
    assert seen == set(symmetries)


def test_batches_are_standardised_float32(many):
    low, _ = PatchStream(many, 0, 5).batch(0)
    assert low.dtype == np.float32
    assert low.shape == (5, 1, 8, 8)
    hu = Intensity().to_hu(low.astype(np.float64))
    np.testing.assert_allclose(hu, np.rint(hu), atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.integers(1, 9), min_size=1, max_size=7),
    seed=st.integers(0, 3),
    at_once=st.integers(1, 4),
    batch=st.integers(1, 25),
)
def test_order_covers_every_row_in_every_pass(rows, seed, at_once, batch):
    order = ShuffledOrder(rows, seed, at_once)
    starts = np.concatenate([[0], np.cumsum(rows)])
    seen: list[int] = []
    while len(seen) < 2 * sum(rows):
        step = len(seen) // batch
        for number, window, inside in order.batch(step, batch):
            groups = order.window(number, window).groups
            row_of = np.concatenate([starts[g] + np.arange(rows[g]) for g in groups])
            seen.extend(row_of[inside].tolist())
        assert len(seen) == (step + 1) * batch
    for number in range(2):
        assert sorted(seen[number * sum(rows) : (number + 1) * sum(rows)]) == list(range(sum(rows)))


def test_validation_rows_are_spread_evenly(many):
    low, _ = many.evenly_spaced(10)
    everything = many.read(range(len(many.groups)))[0]
    assert np.array_equal(low, everything[evenly_spaced(range(len(many)), 10)])
    assert len(many.evenly_spaced(10_000)[0]) == len(many)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (None, [2, 3, 5, 8, 9, 11]),
        (6, [2, 3, 5, 8, 9, 11]),
        (99, [2, 3, 5, 8, 9, 11]),
        (1, [8]),
        (2, [3, 9]),
        (3, [3, 8, 11]),
    ],
)
def test_evenly_spaced(count, expected):
    assert evenly_spaced([11, 9, 2, 3, 8, 5], count) == expected


def test_evenly_spaced_of_nothing():
    assert evenly_spaced([], 4) == []
