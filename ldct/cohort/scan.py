"""Folders -> the index of their series: every file is asked, by its header, and no file twice."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median
from typing import Any

from ldct.cohort.cache import Cache
from ldct.cohort.evidence import WEAK, dose_words
from ldct.cohort.headers import Header, Slices, keyed, read_header
from ldct.cohort.pseudonyms import beside, check_place, secret_key
from ldct.cohort.rules import is_derived, is_iterative, is_localiser
from ldct.errors import LdctError
from ldct.study.bar import late_bar
from ldct.study.fingerprint import IGNORED

# Files a task; fewer than this are read here, since processes take time to start.
TASK, ALONE = 256, 512
SAME_POSITION_MM = 0.01
PATIENCE_S = 1.0

# Of each file its size, time, the number of its header, and what its images say.
Told = tuple[list[Header], list[tuple[int, int, int, Slices]]]


@dataclass(frozen=True)
class Scan:
    """Where an index and what belongs to it lie."""

    index: Path
    folders: tuple[Path, ...]

    @property
    def secret(self) -> Path:
        return beside(self.index, "secret")

    @property
    def cache(self) -> Path:
        return beside(self.index, "headers")

    def label(self, folder: str) -> str:
        """The path of a folder from above the folders that were scanned on: what its names say."""
        above = os.path.commonpath(self.folders)
        if above in map(str, self.folders):
            above = os.path.dirname(above)
        return os.path.relpath(folder, above).replace(os.sep, "/")

    def tables(self) -> list[Path]:
        """CSV files below the folders, and lists of a download right above them."""
        with closing(self._open()) as cache:
            below = [Path(folder, name) for folder, name, _, _, _ in cache.rows([str(one) for one in self.folders])
                     if name.lower().endswith(".csv")]  # fmt: skip
        above = [path for folder in self.folders for path in sorted(folder.parent.glob("metadata*.csv"))]
        return list(dict.fromkeys([*above, *below]))

    def count(self) -> int:
        """The number of files below the folders."""
        with closing(self._open()) as cache:
            return sum(1 for _ in cache.rows([str(one) for one in self.folders]))

    def files(self, rows: set[str]) -> dict[str, list[Path]]:
        """The files of each row of the index."""
        places: dict[str, list[Path]] = {row: [] for row in rows}
        with closing(self._open()) as cache:
            headers = cache.headers()
            for folder, name, number, _, _ in cache.rows([str(one) for one in self.folders]):
                row = _row_key(folder, headers[number])
                if row in places:
                    places[row].append(Path(folder, name))
        return places

    def _open(self) -> Cache:
        key = secret_key(self.secret)
        return Cache(self.cache, keyed(key, "index"))


def scan_folders(folders: Sequence[Path], index: Path, *, workers: int | None = None) -> Scan:
    """Read the headers of all files below `folders` and write the index of their series (`SERIES_INDEX`) to `index`.

    Files of the size and time of an earlier scan are not read again. Beside the index lie its secret key and the
    headers that were read (`Scan`). Raises LdctError where a folder is missing.
    """
    from ldct.tables.io import open_table
    from ldct.tables.series_index import SERIES_INDEX

    for folder in folders:
        if not folder.is_dir():
            raise LdctError(f"{folder}: no such folder; give the one that holds the patients' series")
    check_place(index)
    whole = sorted({Path(os.path.abspath(folder)) for folder in folders})
    scan = Scan(index, tuple(one for one in whole if not any(other in one.parents for other in whole)))
    with closing(scan._open()) as cache:
        _read_new(scan, cache, workers or _cores())
        with open_table(index, SERIES_INDEX) as writer:
            rows = series_rows(cache, scan)
            while batch := [row for _, row in zip(range(1000), rows, strict=False)]:
                import pyarrow as pa

                writer.write_table(pa.Table.from_pylist(batch, SERIES_INDEX))
    return scan


def _cores() -> int:
    return min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _read_new(scan: Scan, cache: Cache, workers: int) -> None:
    """Read the files that are new or changed, and forget those that are gone."""
    key = secret_key(scan.secret)
    pool: ProcessPoolExecutor | None = None
    waiting: dict[Future[Told], list[tuple[int, str, str]]] = {}
    batch: list[tuple[int, str, str]] = []
    bar = late_bar("Headers read", "files", PATIENCE_S)

    def done(files: list[tuple[int, str, str]], told: Told) -> None:
        cache.keep(files, *told)
        bar.update(len(files))

    def collect(most: int) -> None:
        while len(waiting) > most:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                done(waiting.pop(future), future.result())

    try:
        for file in _new_files(scan, cache):
            batch.append(file)
            bar.total += 1
            if pool is None and workers > 1 and len(batch) == ALONE:
                pool = ProcessPoolExecutor(workers)
            if pool is not None and len(batch) >= TASK:
                # So few tasks wait that memory stays bounded, whatever the number of files.
                for start in range(0, len(batch), TASK):
                    part = batch[start : start + TASK]
                    waiting[pool.submit(read_files, [one[2] for one in part], key)] = part
                batch = []
                collect(4 * workers)
            elif pool is None and len(batch) >= ALONE:
                done(batch, read_files([one[2] for one in batch], key))
                batch = []
        if batch:
            done(batch, read_files([one[2] for one in batch], key))
        collect(0)
    finally:
        bar.close()
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def _new_files(scan: Scan, cache: Cache) -> Iterator[tuple[int, str, str]]:
    """(folder, name, path) of each file that is not in the cache as it is now."""
    for root in map(str, scan.folders):
        seen: set[int] = set()
        for folder, entries in _walk(root, frozenset()):
            number = cache.folder(folder)
            seen.add(number)
            known = cache.known(number)
            for entry in entries:
                before = known.pop(entry.name, None)
                if before is not None:
                    stat = entry.stat()
                    if before == (stat.st_size, stat.st_mtime_ns):
                        continue
                yield number, entry.name, entry.path
            cache.forget(number, known)
        cache.forget_folders(root, seen)


def _walk(folder: str, above: frozenset[tuple[int, int]]) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
    """Each folder with its files, hidden ones and those of systems left out; links in circles are followed once."""
    try:
        stat = os.stat(folder)
        here = (stat.st_dev, stat.st_ino)
        if here in above:
            return
        listing = os.scandir(folder)
    except OSError as error:
        raise LdctError(
            f"{folder!r}: cannot be read ({error.strerror}); mend its permissions, or leave it out"
        ) from None
    with listing as found:
        entries = sorted(
            (one for one in found if one.name[0] != "." and one.name not in IGNORED), key=lambda one: one.name
        )
    # Such bytes stand in a name as lone surrogates.
    names = (entry.name for entry in entries if not entry.name.isascii())
    odd = next((name for name in names if any("\udc80" <= letter <= "\udcff" for letter in name)), None)
    if odd is not None:
        raise LdctError(
            f"{folder!r} holds a name that is not UTF-8, {odd!r}; rename it (convmv does so for whole folders)"
        )
    inner = [entry for entry in entries if entry.is_dir()]
    yield folder, [entry for entry in entries if entry.is_file()]
    for entry in inner:
        yield from _walk(entry.path, above | {here})


def read_files(paths: Sequence[str], key: bytes) -> Told:
    """The headers of files: those that differ, and for each file the number of its own and what its images say."""
    numbers: dict[Header, int] = {}
    said = []
    for path in paths:
        try:
            # Before it is read: what is written meanwhile is read again next time.
            stat = os.stat(path)
            size, changed = stat.st_size, stat.st_mtime_ns
            header, own = read_header(path, key)
        except OSError:
            size, changed, header, own = -1, 0, Header(), Slices()
        said.append((size, changed, numbers.setdefault(header, len(numbers)), own))
    return list(numbers), said


def _row_key(folder: str, header: Header) -> str:
    """What tells a series from others: a UID may occur in two folders, and a series may hold two reconstructions."""
    kernel, thickness = header.kernel.upper(), round(header.thickness or 0.0, 2)
    parts = (folder, header.kind, header.series, header.rows, header.columns, kernel, thickness, is_localiser(header))
    return keyed(b"row", repr(parts))


def series_rows(cache: Cache, scan: Scan) -> Iterator[dict[str, Any]]:
    """A row of `SERIES_INDEX` for each series below the folders of the scan."""
    headers = cache.headers()
    for folder, files in groupby(cache.rows([str(one) for one in scan.folders]), key=lambda row: row[0]):
        series: dict[str, list[Any]] = {}
        keys: dict[int, str] = {}
        for _, _, number, positions, exposure in files:
            if number not in keys:
                keys[number] = _row_key(folder, headers[number]) if headers[number].kind else ""
            if keys[number]:
                series.setdefault(keys[number], []).append((number, positions, exposure))
        for row, parts in series.items():
            yield _series_row(row, folder, scan.label(folder), headers, parts)


def _series_row(row: str, folder: str, label: str, headers: dict[int, Header], parts: list[Any]) -> dict[str, Any]:
    # What most files say stands for the series.
    header = headers[Counter(number for number, _, _ in parts).most_common(1)[0][0]]
    places = sorted(place for _, positions, _ in parts for place in positions if place is not None)
    distinct = [b for a, b in zip([-1e9, *places], places, strict=False) if b - a > SAME_POSITION_MM]
    steps = [b - a for a, b in pairwise(distinct)]
    spacing = median(steps) if steps else None
    exposures = [exposure for _, _, exposure in parts if exposure is not None]
    votes = {field: dose for field, dose in dose_words(header, label).items() if field != WEAK}
    return {
        "row": row,
        "folder": folder,
        **{name: getattr(header, name) for name in _SAME},
        "thickness_mm": header.thickness,
        "exposure_mas": sum(exposures) / len(exposures) if exposures else None,
        "pixel_spacing_row_mm": header.row_mm,
        "pixel_spacing_column_mm": header.column_mm,
        "files": len(parts),
        "images": sum(headers[number].frames for number, _, _ in parts),
        "positions": len(distinct),
        "first_mm": distinct[0] if distinct else None,
        "last_mm": distinct[-1] if distinct else None,
        "spacing_mm": spacing,
        "gaps": sum(step > 1.5 * spacing for step in steps) if spacing else 0,
        "localiser": is_localiser(header),
        "derived": is_derived(header),
        "iterative": is_iterative(header),
        "dose": "both" if len(set(votes.values())) > 1 else next(iter(votes.values()), ""),
        "dose_evidence": ", ".join(f"{field}: {dose}" for field, dose in votes.items()),
    }


_SAME = (
    *("kind", "person", "study", "frame", "series", "description", "protocol", "study_description", "comments"),
    *("body_part", "manufacturer", "kernel", "image_type", "syntax", "kv", "rows", "columns", "plane"),
)
