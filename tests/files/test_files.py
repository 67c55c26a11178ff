"""Files and folders appear whole or not at all, with the mode of any other new file."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ldct import files
from ldct.inference.shard import PredictionShard
from ldct.tables import write_table

PACKAGE = Path(files.__file__).parent


@pytest.fixture(params=[0o002, 0o022, 0o077])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_new_files_and_folders_have_the_mode_of_plain_ones(tmp_path, umask):
    plain, folder = tmp_path / "plain", tmp_path / "plain_folder"
    plain.open("w").close()
    folder.mkdir()
    assert mode(plain) == 0o666 & ~umask, "the file system itself honours the umask here"

    files.write_text(tmp_path / "text", "x")
    files.write_json(tmp_path / "json", {"b": 1, "a": 2})
    with files.atomic_folder(tmp_path / "folder") as inside:
        (inside / "x").touch()
    schema = pa.schema([("x", pa.float64())])
    write_table(tmp_path / "table.parquet", pa.table({"x": [1.0]}, schema), schema)
    with PredictionShard(tmp_path / "shard.parquet", (8, 8)) as shard:
        shard.add("p", 0, 1, True, np.zeros((8, 8), np.int16))
    for name in ("text", "json", "table.parquet", "shard.parquet"):
        assert mode(tmp_path / name) == mode(plain), name
    assert mode(tmp_path / "folder") == mode(folder)
    assert json.loads((tmp_path / "json").read_text()) == {"a": 2, "b": 1}


@pytest.mark.parametrize("durable", [False, True])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, durable):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), files.atomic(path, durable=durable) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"] and path.read_text() == "old"
    with files.atomic(path, durable=durable) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old", "readers see the old one until the new one is whole"
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"] and path.read_text() == "new"


def test_an_error_leaves_the_old_folder_and_a_killed_job_no_litter(tmp_path):
    path = tmp_path / "out"
    with files.atomic_folder(path) as folder:
        (folder / "a").write_text("old")
    with pytest.raises(RuntimeError), files.atomic_folder(path) as folder:
        (folder / "a").write_text("half")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["out"] and (path / "a").read_text() == "old"

    code = f"""
import os
from ldct.files import atomic_folder
with atomic_folder({str(path)!r}) as folder:
    (folder / "b").write_text("half")
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    assert (path / "a").read_text() == "old" and len(list(tmp_path.iterdir())) == 2
    with files.atomic_folder(path) as folder:
        (folder / "c").write_text("new")
    assert [p.name for p in tmp_path.iterdir()] == ["out"] and [p.name for p in path.iterdir()] == ["c"]


def test_an_error_inside_a_shard_leaves_no_table(tmp_path):
    with pytest.raises(RuntimeError), PredictionShard(tmp_path / "shard.parquet", (8, 8)) as shard:
        shard.add("p", 0, 1, True, np.zeros((8, 8), np.int16))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_the_weights_folder_does_not_follow_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("LDCT_WEIGHTS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert files.weights_folder() == PACKAGE.parent / "resources" / "weights"
    monkeypatch.setenv("LDCT_WEIGHTS", "elsewhere")
    assert files.weights_folder() == Path("elsewhere")


def test_nothing_else_replaces_files_or_names_the_weights_folder():
    other = re.compile(r"mkstemp|mkdtemp|NamedTemporaryFile|environ\S*LDCT_WEIGHTS|resources/weights")
    said = [path.name for path in PACKAGE.rglob("*.py") if other.search(path.read_text())]
    assert set(said) <= {"files.py"}
    replaced = {
        path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if "os.replace(" in path.read_text()
    }
    assert replaced == {"files.py"}
