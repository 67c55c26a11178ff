"""The index: a row a series by every file's own header, made anew only where files changed, and private."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ldct.cohort import scan as module
from ldct.cohort.scan import scan_folders
from ldct.errors import LdctError
from ldct.tables.io import read_table
from ldct.tables.series_index import SERIES_INDEX
from tests.cohort.test_headers import plain
from tests.dicom.conftest import write
from tests.support.layouts import put, raw


def rows(index: Path) -> list[dict]:
    return read_table(index, SERIES_INDEX).to_pylist()


@pytest.fixture
def data(tmp_path) -> Path:
    root = tmp_path / "data"
    put(root / "a/1", "Doe^Jane", "full", Exposure=200, count=5)
    put(root / "a/1", "Doe^Jane", "low", Exposure=50, count=5, ImageComments="simulated low dose")
    put(root / "a/scout", "Doe^Jane", "x", count=1, SeriesDescription="Topogram", StudyInstanceUID="1.2")
    put(root / "b/gap", "Roe^Rick", "full", count=3, SeriesInstanceUID="1.5", KVP=100)
    put(root / "b/gap", "Roe^Rick", "full", count=3, number=6, SeriesInstanceUID="1.5", KVP=100)
    raw(root / "raw", "Roe^Rick", "full")
    for k in range(9):
        (root / "b/gap" / f"000_{k}.txt").write_text("first by name, and no CT")
    return root


def test_a_row_a_series(data, tmp_path):
    scan_folders([data], tmp_path / "i.parquet")
    found = {(Path(row["folder"]).name, row["dose"], row["localiser"]): row for row in rows(tmp_path / "i.parquet")}
    assert set(found) == {
        ("1", "full", False),
        ("1", "low", False),
        ("scout", "", True),
        ("gap", "full", False),
        ("raw", "", False),
    }
    full, low = found["1", "full", False], found["1", "low", False]
    assert (full["exposure_mas"], low["exposure_mas"]) == (200, 50)
    assert full["person"] == low["person"] == found["scout", "", True]["person"] != ""
    assert full["study"] == low["study"] != found["scout", "", True]["study"]
    assert low["dose_evidence"] == "description: low, comments: low"
    gap = found["gap", "full", False]
    assert (gap["files"], gap["positions"], gap["gaps"], gap["spacing_mm"]) == (6, 6, 1, 3.0)
    assert (gap["first_mm"], gap["last_mm"], gap["kv"]) == (0.0, 24.0, 100.0)
    assert gap["person"] == found["raw", "", False]["person"] != full["person"]
    assert found["raw", "", False]["kind"] == "projections"


def test_only_what_changed_is_read_again(data, tmp_path, monkeypatch):
    index = tmp_path / "i.parquet"
    scan_folders([data], index)
    before = index.read_bytes()
    read: list[str] = []
    real = module.read_header
    monkeypatch.setattr(module, "read_header", lambda path, key: read.append(Path(path).name) or real(path, key))
    scan_folders([data], index)
    assert read == [] and index.read_bytes() == before
    changed = sorted((data / "b/gap").glob("*.dcm"))[0]
    plain(PatientID="Roe^Rick").save_as(changed, enforce_file_format=True)
    sorted((data / "b/gap").glob("*.dcm"))[1].unlink()
    (data / "a/scout").rename(tmp_path / "away")
    scan_folders([data], index)
    assert read == [changed.name]
    assert not [row for row in rows(index) if row["localiser"]]
    assert sorted(row["files"] for row in rows(index) if row["folder"].endswith("gap")) == [1, 4]


def test_a_killed_scan_goes_on(data, tmp_path):
    """What was read before the kill is not read again."""
    places = f"[s.Path({str(data)!r})], s.Path({str(tmp_path / 'i.parquet')!r})"
    command = f"""
import os
import ldct.cohort.cache
import ldct.cohort.scan as s
real, calls = s.read_files, []
def some(paths, key):
    calls.append(1)
    if len(calls) == 4:
        os._exit(9)
    return real(paths, key)
s.ALONE, s.read_files, ldct.cohort.cache.COMMIT_S = 4, some, 0
s.scan_folders({places}, workers=1)
"""
    assert subprocess.run([sys.executable, "-c", command], env=os.environ).returncode == 9
    read: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        real = module.read_header
        patch.setattr(module, "read_header", lambda path, key: read.append(path) or real(path, key))
        scan_folders([data], tmp_path / "i.parquet", workers=1)
    assert len(read) == sum(path.is_file() for path in data.rglob("*")) - 12


def test_many_processes_say_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ALONE", 8)
    monkeypatch.setattr(module, "TASK", 8)
    for n in range(12):
        put(tmp_path / f"data/{n}", f"person {n}", "full", count=5)
    scan_folders([tmp_path / "data"], tmp_path / "one.parquet", workers=1)
    (tmp_path / "two.secret").write_bytes((tmp_path / "one.secret").read_bytes())
    scan_folders([tmp_path / "data"], tmp_path / "two.parquet", workers=2)
    assert (
        rows(tmp_path / "one.parquet") == rows(tmp_path / "two.parquet") and len(rows(tmp_path / "one.parquet")) == 12
    )


def test_keys_and_headers_are_for_their_owner_alone(data, tmp_path):
    scan = scan_folders([data], tmp_path / "i.parquet")
    for path in (scan.secret, scan.cache):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = scan.index.read_bytes() + str(pq.read_table(scan.index).drop_columns(["folder"]).to_pylist()).encode()
    for mark in (b"Doe", b"Jane", b"DOE", b"Roe"):
        assert mark not in text and mark not in scan.cache.read_bytes().replace(str(data).encode(), b"")
    persons = {row["person"] for row in rows(scan.index)}
    scan.secret.unlink()
    scan_folders([data], tmp_path / "i.parquet")
    assert not persons & {row["person"] for row in rows(scan.index)}, "the hashes follow the key"


def test_a_damaged_cache_is_made_anew(data, tmp_path):
    scan = scan_folders([data], tmp_path / "i.parquet")
    before = rows(scan.index)
    scan.cache.write_bytes(b"no data base" * 100)
    scan_folders([data], scan.index)
    assert rows(scan.index) == before


def test_an_index_is_no_result(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LdctError, match="no results"):
        scan_folders([data], Path("results/cohort/i.parquet"))
    with pytest.raises(LdctError, match="no such folder"):
        scan_folders([tmp_path / "nowhere"], tmp_path / "i.parquet")
    assert not Path("results").exists()


def test_links_in_circles_end(tmp_path):
    write(tmp_path / "data/a", plain())
    (tmp_path / "data/a/up").symlink_to(tmp_path / "data")
    start = time.monotonic()
    scan_folders([tmp_path / "data", tmp_path / "data/a"], tmp_path / "i.parquet")
    assert [row["files"] for row in rows(tmp_path / "i.parquet")] == [1] and time.monotonic() - start < 20
