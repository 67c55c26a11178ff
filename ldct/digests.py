"""The bytes of results as their jobs wrote them: recorded when a job ends, compared before another one reads them.

The record of `results/a/b` is `results/.digests/a/b.json`; it names each file that belongs to it, its size and its
SHA-256. It travels with a copied folder of results. Files outside a folder called results have no record.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ldct.errors import LdctError
from ldct.files import set_aside, sha256, write_json

RESULTS, RECORDS = "results", ".digests"


def results_of(path: Path) -> Path | None:
    """The folder of results that `path` lies in; None where it lies elsewhere."""
    folders = [place for place in path.parents if place.name == RESULTS]
    return folders[-1] if folders else None


def record_path(path: Path) -> Path | None:
    """Where the digests of a result stand, or None for a file outside of results."""
    results = results_of(path)
    return None if results is None else results / RECORDS / f"{path.relative_to(results)}.json"


def record(path: Path, beside: Sequence[Path] = ()) -> None:
    """Record the bytes of a file, or of all files in a folder, and of those `beside` it that belong to it."""
    place = record_path(path)
    if place is not None:
        files = sorted({*files_of(path), *beside})
        write_json(place, {file.relative_to(path.parent).as_posix(): digest(file) for file in files})


def forget(path: Path) -> None:
    """Remove the record of a result that is about to be written anew."""
    place = record_path(path)
    if place is not None:
        place.unlink(missing_ok=True)


def altered(path: Path) -> Iterator[tuple[Path, str]]:
    """Files of a result that are not as they were recorded, each with what is wrong; none where nothing is recorded."""
    place = record_path(path)
    if place is None or not place.is_file():
        return
    try:
        recorded = json.loads(place.read_bytes())
        known = {path.parent / name: str(was) for name, was in recorded.items()}
    except (ValueError, AttributeError):
        yield path, "a record of its bytes that cannot be read"
        return
    for file, was in known.items():
        now = None
        with suppress(OSError):
            now = digest(file)
        if now is None:
            # Temporary results go when nobody needs them any more.
            if path.exists():
                yield file, "no such file"
        elif now != was:
            yield file, "other bytes than its job wrote"
    for file in files_of(path):
        if file not in known:
            yield file, "a file that its job did not write"


def require_unaltered(paths: Iterable[Path]) -> None:
    """Raise one InputError for all results that are not as they were recorded, and move them aside.

    The next run makes them anew.
    """
    mistakes = []
    for path in paths:
        if what := [f"{file}: {wrong}" for file, wrong in altered(path)]:
            mistakes += [*what, f"  moved to {set_aside(path).name}"]
            forget(path)
    if mistakes:
        raise LdctError(
            "results have changed since their jobs wrote them (a damaged disk, or an edit by hand):\n"
            + "\n".join(mistakes)
            + "\nThey were moved aside: run the same command again, which makes them anew."
        )


def digest(path: Path) -> str:
    """Size in bytes and SHA-256 of a file."""
    return f"{path.stat().st_size} {sha256(path)}"


def recorded(results: Path) -> list[Path]:
    """The results in the folder `results` whose bytes are recorded."""
    records = results / RECORDS
    return sorted(results / place.relative_to(records).with_suffix("") for place in records.rglob("*.json"))


def files_of(path: Path) -> list[Path]:
    """`path`, or the files in it, sorted; hidden ones, as systems and Snakemake leave them, do not count."""
    if not path.is_dir():
        return [path]
    inside = sorted(file for file in path.rglob("*") if file.is_file())
    return [file for file in inside if not any(part.startswith(".") for part in file.relative_to(path).parts)]
