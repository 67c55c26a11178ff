"""Headers that were read before, in an SQLite file beside the index: a scan goes on where it was killed."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ldct.cohort.headers import Header, Slices

# Changes with what `read_header` says of a file.
VERSION = "1"
# What a kill costs at most.
COMMIT_S = 1.0
_TABLES = """
CREATE TABLE IF NOT EXISTS about (version TEXT, key TEXT);
CREATE TABLE IF NOT EXISTS folders (folder INTEGER PRIMARY KEY, path TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS headers (header INTEGER PRIMARY KEY, content TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS files (
    folder INTEGER, name TEXT, size INTEGER, changed INTEGER, header INTEGER, positions, exposure REAL,
    PRIMARY KEY (folder, name)
) WITHOUT ROWID;
"""


class Cache:
    """Files with their sizes and times, and what each said. Only its owner may read it: folders may name persons."""

    def __init__(self, path: Path, key_id: str):
        """key_id: what tells the secret key from others, since hashes of another key are of no use."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._base = self._open(path)
            about = self._base.execute("SELECT version, key FROM about").fetchone()
        except sqlite3.DatabaseError:
            about = ()
        if about != (VERSION, key_id):
            if about is not None:
                path.unlink()
                self._base = self._open(path)
            self._base.execute("INSERT INTO about VALUES (?, ?)", (VERSION, key_id))
        self._kept = time.monotonic()
        self._ids: dict[str, int] = {content: number for number, content in self._base.execute("SELECT * FROM headers")}

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        base = sqlite3.connect(path, isolation_level=None)
        # It is made anew at no loss but time, so it need not survive a crash of the machine.
        base.execute("PRAGMA synchronous=OFF")
        base.executescript("" if path.stat().st_size else _TABLES)
        return base

    def close(self) -> None:
        self.commit()
        self._base.close()

    def commit(self) -> None:
        """Keep what was told so far, also where this process is killed."""
        if self._base.in_transaction:
            self._base.execute("COMMIT")
        self._kept = time.monotonic()

    def _begin(self) -> None:
        if not self._base.in_transaction:
            self._base.execute("BEGIN")

    def folder(self, path: str) -> int:
        """The number of a folder."""
        known = self._base.execute("SELECT folder FROM folders WHERE path = ?", (path,)).fetchone()
        if known is not None:
            return known[0]
        self._begin()
        return self._base.execute("INSERT INTO folders (path) VALUES (?)", (path,)).lastrowid or 0

    def known(self, folder: int) -> dict[str, tuple[int, int]]:
        """Name -> (size, time in ns) of the files of a folder that were read before."""
        rows = self._base.execute("SELECT name, size, changed FROM files WHERE folder = ?", (folder,))
        return {name: (size, changed) for name, size, changed in rows}

    def forget(self, folder: int, names: Collection[str]) -> None:
        """Take out files that are there no more."""
        if not names:
            return
        self._begin()
        self._base.executemany("DELETE FROM files WHERE folder = ? AND name = ?", [(folder, name) for name in names])

    def forget_folders(self, under: str, seen: set[int]) -> None:
        """Take out the folders below `under` that are not among those seen."""
        rows = self._base.execute("SELECT folder, path FROM folders").fetchall()
        gone = [n for n, path in rows if n not in seen and (path == under or path.startswith(under.rstrip("/") + "/"))]
        self._begin()
        for table in ("files", "folders"):
            self._base.executemany(f"DELETE FROM {table} WHERE folder = ?", [(number,) for number in gone])

    def keep(
        self,
        files: Sequence[tuple[int, str, str]],
        headers: Sequence[Header],
        said: Sequence[tuple[int, int, int, Slices]],
    ) -> None:
        """Keep what files (folder, name, path) said: size, time, the number of one of `headers`, and of their own."""
        self._begin()
        numbers = [self._header(header) for header in headers]
        rows = []
        for (folder, name, _), (size, changed, at, (positions, exposure)) in zip(files, said, strict=True):
            place = positions[0] if len(positions) == 1 else json.dumps(positions)
            rows.append((folder, name, size, changed, numbers[at], place, exposure))
        self._base.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        if time.monotonic() - self._kept >= COMMIT_S:
            self.commit()

    def _header(self, header: Header) -> int:
        content = json.dumps(header)
        if content not in self._ids:
            self._ids[content] = (
                self._base.execute("INSERT INTO headers (content) VALUES (?)", (content,)).lastrowid or 0
            )
        return self._ids[content]

    def headers(self) -> dict[int, Header]:
        """All headers by their number."""
        return {number: Header(*json.loads(content)) for content, number in self._ids.items()}

    def rows(self, under: Sequence[str]) -> Iterator[tuple[str, str, int, tuple[float, ...], float | None]]:
        """(folder, name, header, positions, exposure) of each file below the folders `under`, folder by folder."""
        inside = [path.rstrip("/") for path in under]
        folders = self._base.execute("SELECT folder, path FROM folders ORDER BY path").fetchall()
        for number, path in folders:
            if not any(path == one or path.startswith(one + "/") for one in inside):
                continue
            for name, header, positions, exposure in self._base.execute(
                "SELECT name, header, positions, exposure FROM files WHERE folder = ? ORDER BY name", (number,)
            ):
                places = tuple(json.loads(positions)) if isinstance(positions, str) else (positions,)
                yield path, name, header, places, exposure
