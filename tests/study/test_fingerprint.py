"""A patient's data are known by their content: another time, folder or mode is the same, another file is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ldct.study import fingerprint as module
from ldct.study.fingerprint import fingerprint_of_files, fingerprint_of_folder

LARGE = 1_000_000


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "patient"
    (path / "series/deep").mkdir(parents=True)
    for number in range(5):
        (path / f"series/{number}.dcm").write_bytes(bytes([number]) * 3000)
    (path / "series/deep/large.dcm").write_bytes(bytes(range(250)) * (LARGE // 250))
    (path / "top.dcm").write_bytes(b"top")
    return path


def touch(folder: Path) -> Path:
    for path in folder.rglob("*"):
        os.utime(path, ns=(1, 1))
    return folder


def copy(folder: Path) -> Path:
    subprocess.run(["cp", "-r", folder, folder.with_name("copy")], check=True)
    return folder.with_name("copy")


def rename(folder: Path) -> Path:
    return folder.rename(folder.with_name("another name"))


def other_umask(folder: Path) -> Path:
    before = os.umask(0o077)
    try:
        target = folder.with_name("private")
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                new = target / path.relative_to(folder)
                new.parent.mkdir(parents=True, exist_ok=True)
                new.write_bytes(path.read_bytes())
    finally:
        os.umask(before)
    return target


def hidden(folder: Path) -> Path:
    for name in (".DS_Store", "Thumbs.db", "DICOMDIR", "series/._0.dcm"):
        (folder / name).write_bytes(b"x")
    (folder / ".cache").mkdir()
    (folder / ".cache/file").write_bytes(b"x")
    return folder


def linked(folder: Path) -> Path:
    link = folder.with_name("link")
    link.symlink_to(folder)
    (folder / "series/loop").symlink_to(folder)
    return link


@pytest.mark.parametrize("change", [touch, copy, rename, other_umask, hidden, linked])
def test_the_same_content_is_the_same(folder, change):
    before = fingerprint_of_folder(folder)
    assert fingerprint_of_folder(change(folder)) == before


def write(name: str, content: bytes):
    def change(folder: Path) -> None:
        stat = (folder / name).stat() if (folder / name).exists() else None
        (folder / name).write_bytes(content)
        if stat:
            os.utime(folder / name, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    return change


def overwrite(position: int):
    def change(folder: Path) -> None:
        with (folder / "series/deep/large.dcm").open("r+b") as file:
            file.seek(position)
            file.write(b"\xff\xff")

    return change


@pytest.mark.parametrize(
    "change",
    [
        write("series/2.dcm", b"\x09" * 3000),
        write("series/deep/new.dcm", b""),
        lambda folder: (folder / "series/2.dcm").unlink(),
        lambda folder: (folder / "series/2.dcm").rename(folder / "series/9.dcm"),
        lambda folder: (folder / "series/2.dcm").rename(folder / "2.dcm"),
        overwrite(0),
        overwrite(LARGE - 2),
        overwrite(7 * (LARGE - 4096) // 15 + 100),
        lambda folder: (folder / "series/deep/large.dcm").open("ab").write(b"1"),
    ],
)
def test_another_content_is_another(folder, change):
    before = fingerprint_of_folder(folder)
    change(folder)
    assert fingerprint_of_folder(folder) != before


def test_between_the_blocks_of_a_large_file_nothing_is_read(folder):
    before = fingerprint_of_folder(folder)
    overwrite(4096 + 10)(folder)
    assert fingerprint_of_folder(folder) == before, "the docstring says so"


def test_a_folder_that_is_not_there_is_missing(tmp_path, folder):
    assert fingerprint_of_folder(tmp_path / "none") == fingerprint_of_folder(folder / "top.dcm") == "missing"


def test_single_files_count_by_name_and_content(folder):
    path = folder / "series/1.dcm"
    before = fingerprint_of_files([path])
    touch(folder)
    assert fingerprint_of_files([path]) == before != fingerprint_of_files([folder / "series/2.dcm"])


def test_no_file_at_all_has_a_fingerprint(folder):
    none = fingerprint_of_files([])
    assert none == fingerprint_of_files([]) != fingerprint_of_files([folder / "top.dcm"])


READ = """
import sys
from pathlib import Path
from ldct.study import fingerprint
count, real = [], fingerprint._content
fingerprint._content = lambda file: count.append(1) or real(file)
fingerprint.remember(Path("cache/fingerprints.json"), write=sys.argv[2] == "main")
print(fingerprint.fingerprint_of_folder(Path(sys.argv[1])), len(count))
"""


def read_in_a_process(folder: Path, role: str = "main") -> tuple[str, int]:
    """The fingerprint, and how many files were read for it."""
    environment = {**os.environ, "PYTHONPATH": str(Path(module.__file__).parents[2])}
    command = [sys.executable, "-c", READ, folder.name, role]
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, check=True, env=environment)
    digest, count = done.stdout.split()
    return digest, int(count)


def test_what_was_read_is_remembered_until_a_file_changes(folder):
    touch(folder)
    cache = folder.parent / "cache/fingerprints.json"
    first = read_in_a_process(folder, "job")
    assert first[1] == 7 and not cache.exists(), "only the main process writes"
    assert read_in_a_process(folder) == first
    assert read_in_a_process(folder) == (first[0], 0)
    assert folder.name not in cache.read_text() and cache.stat().st_size < 1000
    os.utime(folder / "top.dcm", ns=(2, 2))
    assert read_in_a_process(folder) == first, "read again, and found the same"
    cache.write_text("{")
    assert read_in_a_process(folder) == first
    assert json.loads(cache.read_text())
    cache.unlink()
    cache.parent.chmod(0o555)
    assert read_in_a_process(folder) == first


def test_a_file_that_was_just_written_is_not_trusted(folder):
    """It may change again within the same time stamp."""
    touch(folder)
    now = time.time_ns()
    os.utime(folder / "top.dcm", ns=(now, now))
    first = read_in_a_process(folder)
    (folder / "top.dcm").write_bytes(b"pot")
    os.utime(folder / "top.dcm", ns=(now, now))
    assert read_in_a_process(folder)[0] != first[0]


SLOW = """
import sys, time
from pathlib import Path
from ldct.study import fingerprint
real = fingerprint._content
fingerprint._content = lambda file: time.sleep(float(sys.argv[2])) or real(file)
fingerprint.PATIENCE_S, fingerprint.THREADS = 0.3, 1
fingerprint.fingerprint_of_folder(Path(sys.argv[1]))
"""


@pytest.mark.parametrize(("seconds", "shown"), [(0.0, False), (0.15, True)])
def test_a_bar_tells_of_long_reading_alone(folder, seconds, shown):
    command = [sys.executable, "-c", SLOW, str(folder), str(seconds)]
    environment = {**os.environ, "PYTHONPATH": str(Path(module.__file__).parents[2])}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert ("Data read to see what changed" in done.stderr) == shown, done.stderr


def test_planning_does_not_import_more_than_it_needs():
    check = "import sys, ldct.study.fingerprint; print('tqdm' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
