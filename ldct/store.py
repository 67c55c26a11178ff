"""A store of results that are dear to make, looked up by the content of all that shapes them: none is made twice.

An entry is a folder named by its key, with the files of a job and their digests. It lies in `results/.store`, or where
$LDCT_STORE says, which several studies and people may share; LDCT_STORE=off keeps and looks up nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ldct.digests import digest, files_of, results_of
from ldct.files import atomic, atomic_folder, write_json

FOLDER, OFF, ENTRY = ".store", "off", "entry.json"


@dataclass(frozen=True)
class Entry:
    """What is stored under a key. used: when it was last kept or found, in seconds since 1970."""

    folder: Path
    stage: str
    size: int
    used: float


def store_of(outputs: Sequence[Path]) -> Path | None:
    """The folder of the store for a job with these outputs; None where there is none."""
    named = os.environ.get("LDCT_STORE")
    if named:
        return None if named == OFF else Path(named)
    results = results_of(outputs[0])
    # Local copies of results in a bucket go after each job.
    return None if results is None or ".snakemake" in results.parts else results / FOLDER


def key_of(stage: str, spec: str, code: str, inputs: Mapping[str, Sequence[Path]], versions: Mapping[str, str]) -> str:
    """64 hexadecimal digits for a job: settings, code, versions, and the bytes of its inputs, but not their names."""
    bytes_of = {name: [[digest(file) for file in files_of(path)] for path in paths] for name, paths in inputs.items()}
    return hashlib.sha256(
        json.dumps([stage, spec, code, bytes_of, dict(versions)], sort_keys=True).encode()
    ).hexdigest()


def keep(store: Path, key: str, stage: str, outputs: Sequence[tuple[Path, Sequence[Path]]]) -> None:
    """Keep the outputs of a job, each with the files beside it; by hard links where the store is on the same disk.

    A full disk or a store that is read-only is no mistake of the job.
    """
    folder = _folder(store, key)
    if (folder / ENTRY).is_file():
        return
    with suppress(OSError), atomic_folder(folder) as ready:
        files = {}
        for number, (output, beside) in enumerate(outputs):
            for file in [*files_of(output), *beside]:
                name = f"{number}/{_name(file, output)}"
                _link_or_copy(file, ready / name)
                files[name] = digest(file)
        write_json(ready / ENTRY, {"stage": stage, "files": files})


def find(store: Path, key: str, outputs: Sequence[Path]) -> bool:
    """Put what is stored under `key` in the places of `outputs`; False where nothing is, or it is damaged."""
    folder = _folder(store, key)
    try:
        files = json.loads((folder / ENTRY).read_bytes())["files"]
        sound = all(digest(folder / name) == was for name, was in files.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if not sound:
        shutil.rmtree(folder, ignore_errors=True)
        return False
    for name in files:
        number, _, inside = name.partition("/")
        place = _place(outputs[int(number)], inside)
        with atomic(place) as temporary:
            shutil.copyfile(folder / name, temporary)
    with suppress(OSError):
        os.utime(folder / ENTRY)
    return True


def entries(store: Path) -> list[Entry]:
    """All entries, the one used longest ago first."""
    listed = []
    for path in store.glob(f"??/*/{ENTRY}"):
        with suppress(OSError, ValueError, KeyError):
            content = json.loads(path.read_bytes())
            size = sum(int(one.split()[0]) for one in content["files"].values())
            listed.append(Entry(path.parent, content["stage"], size, path.stat().st_mtime))
    return sorted(listed, key=lambda entry: entry.used)


def prune(store: Path, *, days: float | None = None, most_bytes: int | None = None) -> list[Entry]:
    """Remove entries not used for `days`, then those used longest ago until `most_bytes` are left; what was removed."""
    now, listed = time.time(), entries(store)
    gone = [entry for entry in listed if days is not None and now - entry.used > 86400 * days]
    left = [entry for entry in listed if entry not in gone]
    total = sum(entry.size for entry in left)
    while most_bytes is not None and left and total > most_bytes:
        total -= left[0].size
        gone.append(left.pop(0))
    for entry in gone:
        shutil.rmtree(entry.folder, ignore_errors=True)
    return gone


def _folder(store: Path, key: str) -> Path:
    return store / key[:2] / key


def _name(file: Path, output: Path) -> str:
    """'=' for the output itself, 'in/...' for a file of a folder, 'by/...' for one beside it."""
    if file == output:
        return "="
    if file.is_relative_to(output):
        return f"in/{file.relative_to(output).as_posix()}"
    return f"by/{file.relative_to(output.parent).as_posix()}"


def _place(output: Path, name: str) -> Path:
    kind, _, inside = name.partition("/")
    return {"=": output, "in": output / inside, "by": output.parent / inside}[kind]


def _link_or_copy(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)
