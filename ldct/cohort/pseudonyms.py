"""The secret key behind the hashes of an index, and the file that says who each pseudonym is."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from ldct.errors import LdctError
from ldct.files import atomic

KEY_COLUMNS: tuple[str, ...] = ("patient", "person", "patient_id", "folder")


def beside(path: Path, ending: str) -> Path:
    """The file of `ending` that belongs to `path`: cohort.csv -> cohort.key.csv."""
    return path.with_name(f"{path.stem}.{ending}")


def check_place(path: Path) -> None:
    """Raise LdctError where `path` lies among results, which are handed on."""
    if Path("results").resolve() in path.resolve().parents:
        raise LdctError(f"{path}: a manifest and its keys are no results; write them elsewhere, e.g. beside the data")


def secret_key(path: Path) -> bytes:
    """The key in the file `path`, made where there is none; only its owner may read it."""
    try:
        key = bytes.fromhex(path.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        key = secrets.token_bytes(32)
        write_private(path, key.hex() + "\n")
    except (ValueError, OSError):
        raise LdctError(f"{path}: no readable key; move it away, and a new one is made") from None
    return key


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text`, readable by its owner alone from the first moment."""
    with atomic(path, private=True) as temporary:
        temporary.write_text(text, encoding="utf-8")


def named(people: Iterable[str], path: Path) -> dict[str, str]:
    """Person -> pseudonym P001, P002, ...: those of the key file `path` keep theirs, others get the next numbers."""
    known = {row["person"]: row["patient"] for row in _rows(path)}
    taken = [int(name[1:]) for name in known.values() if name[1:].isdigit()]
    number = max(taken, default=0)
    for person in people:
        if person not in known:
            number += 1
            known[person] = f"P{number:03d}"
    return known


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    if any(set(KEY_COLUMNS) - set(row) for row in rows):
        raise LdctError(f"{path}: no key file of 'ldct manifest' (columns {', '.join(KEY_COLUMNS)}); move it away")
    return rows


def write_key(path: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Write who each pseudonym is (columns `KEY_COLUMNS`) for the owner's eyes alone; earlier persons stay in it."""
    everyone = {row["person"]: row for row in _rows(path)} | {row["person"]: row for row in rows}
    text = io.StringIO()
    writer = csv.DictWriter(text, list(KEY_COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(everyone.values(), key=lambda row: row["patient"]))
    write_private(path, text.getvalue())
