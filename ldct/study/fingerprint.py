"""What stands for the content of data outside the study, so that work is done again when they change, and only then."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldct.files import write_text

# Files up to this size are read whole, of larger ones so many blocks.
WHOLE_BYTES = 64 * 1024
BLOCK_BYTES, BLOCKS = 4096, 16
# Files of systems and viewers, which are no data of the scan.
IGNORED = frozenset(("DICOMDIR", "Thumbs.db", "desktop.ini"))
MISSING = "missing"
# Readers wait for disks, not for processors.
THREADS = 16
PATIENCE_S = 2.0
# A file changed so recently may change again within the same time stamp.
FRESH_NS = 2_000_000_000


@dataclass(frozen=True)
class DataFile:
    """name: relative to the folder, with '/'; size in bytes; changed: time in nanoseconds."""

    path: str
    name: str
    size: int
    changed: int


def fingerprint_of_folder(folder: Path) -> str:
    """16 hexadecimal digits for the files in `folder` and its subfolders; 'missing' where it cannot be read.

    A file counts by its path within the folder, its size and its content: whole up to 64 KiB, else 16 blocks of 4 KiB
    spread evenly from its beginning to its end, so that terabytes of projections can be planned. A change between the
    blocks of a larger file that keeps its size is not seen. Times, modes, owners and the folder's own name do not
    count, nor do hidden files, DICOMDIR and the like.
    """
    try:
        files = sorted(files_below(str(folder)), key=lambda file: file.name)
    except OSError:
        return MISSING
    return _REMEMBERED.of([str(folder)], files)


def fingerprint_of_files(paths: Iterable[Path]) -> str:
    """As `fingerprint_of_folder`, for single files by their names and content; raises OSError where one is absent."""
    files = []
    for path in paths:
        stat = os.stat(path)
        files.append(DataFile(str(path), path.name, stat.st_size, stat.st_mtime_ns))
    return _REMEMBERED.of([file.path for file in files], files)


def remember(path: Path, write: bool) -> None:
    """Take what was read before from the file `path`; with `write` keep it there when this process ends.

    A folder whose files have the names, sizes and times of before is not read again. The file may be absent, damaged
    or read-only: then the folders are read. Only the main process of a study should write.
    """
    _REMEMBERED.load(path)
    if write:
        atexit.register(_REMEMBERED.save, path)


class _Remembered:
    """Fingerprints by folder, each with a digest of the names, sizes and times that it was read at."""

    def __init__(self) -> None:
        self.known: dict[str, list[str]] = {}
        self.before: dict[str, list[str]] = {}
        self.bar: Any = None

    def load(self, path: Path) -> None:
        with suppress(OSError, ValueError):
            known = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(known, dict):
                self.before = {k: v for k, v in known.items() if isinstance(v, list) and len(v) == 2}
                self.known |= self.before

    def save(self, path: Path) -> None:
        if self.known != self.before:
            with suppress(OSError):
                write_text(path, json.dumps(self.known, sort_keys=True, indent=0) + "\n")

    def of(self, places: list[str], files: list[DataFile]) -> str:
        # Names of folders may be those of persons.
        key = _digest(*map(os.path.relpath, places))
        stamp = _digest(*(f"{file.name} {file.size} {file.changed}" for file in files))
        known = self.known.get(key)
        if known is not None and known[0] == stamp:
            return known[1]
        now = time.time_ns()
        made = _digest(*(f"{file.name} {file.size} {content}" for file, content in self._contents(files)))
        if all(now - file.changed > FRESH_NS for file in files):
            self.known[key] = [stamp, made]
        return made

    def _contents(self, files: list[DataFile]) -> list[tuple[DataFile, str]]:
        if self.bar is None:
            # Not at the top: jobs load this module too, and their environments need no bar.
            from ldct.study.bar import late_bar

            self.bar = late_bar("Data read to see what changed", "files", PATIENCE_S)
        self.bar.total += len(files)
        pairs = []
        with ThreadPoolExecutor(THREADS) as pool:
            for file, content in zip(files, pool.map(_content, files), strict=True):
                pairs.append((file, content))
                self.bar.update()
        return pairs


_REMEMBERED = _Remembered()


def files_below(folder: str, under: str = "", above: frozenset[tuple[int, int]] = frozenset()) -> Iterable[DataFile]:
    """The files in `folder` and its subfolders, `under` before their names; raises OSError where one cannot be read.

    Hidden files, DICOMDIR and the like are no data. above: folders that hold this one, since links may go in circles.
    """
    stat = os.stat(folder)
    here = (stat.st_dev, stat.st_ino)
    if here in above:
        # A link to a folder that holds it.
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name in IGNORED:
                continue
            name = f"{under}{entry.name}"
            if entry.is_dir():
                yield from files_below(entry.path, f"{name}/", above | {here})
            elif entry.is_file():
                stat = entry.stat()
                yield DataFile(entry.path, name, stat.st_size, stat.st_mtime_ns)


def _content(file: DataFile) -> str:
    total = hashlib.sha256()
    try:
        with open(file.path, "rb", buffering=0) as stream:
            if file.size <= WHOLE_BYTES:
                total.update(stream.read(WHOLE_BYTES + 1) or b"")
            else:
                for block in range(BLOCKS):
                    stream.seek(block * (file.size - BLOCK_BYTES) // (BLOCKS - 1))
                    total.update(stream.read(BLOCK_BYTES) or b"")
    except OSError:
        return "unreadable"
    return total.hexdigest()


def _digest(*lines: str) -> str:
    return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()[:16]
