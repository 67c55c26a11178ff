"""What the code of a finished job was, on record, so that a later edit can be named."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ldct.files import write_json
from ldct.study.code.reach import present, where


@dataclass(frozen=True)
class Change:
    """A definition that differs: its qualified name, 'changed', 'new' or 'gone', and where it stands now."""

    name: str
    kind: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = f" ({self.file}:{self.line})" if self.file else ""
        return f"{self.name} {self.kind}{place}"


def record(parts: Mapping[str, str], folder: Path) -> Path:
    """Write the result of `reachable` to `folder`/{digest}.json, once for all jobs of the same code."""
    from ldct.study.code import digest

    path = folder / f"{digest(parts).split()[1]}.json"
    if not path.exists():
        write_json(path, parts)
    return path


def recorded(digest: str, folder: Path) -> dict[str, str] | None:
    """The parts behind a digest ('code ...'); None where they are not on record."""
    try:
        return json.loads((folder / f"{digest.removeprefix('code ')}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def explain(
    old_digest: str,
    new_parts: Mapping[str, str] | None,
    folder: Path,
    folders: Sequence[Path] | None = None,
) -> list[Change] | None:
    """Definitions that differ between the code on record and `new_parts`; None where the old is not on record.

    Without `new_parts` each definition on record is compared with what it is now: what is newly reached is then left
    out. folders: as in `reachable`.
    """
    old = recorded(old_digest, folder)
    if old is None:
        return None
    if new_parts is None:
        # Facts that a caller added beside the definitions have no module.
        old = {name: part for name, part in old.items() if ":" in name}
    new = present(old, folders=folders) if new_parts is None else new_parts
    changes = []
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            kind = "new" if name not in old else "changed" if name in new else "gone"
            place = where(name, folders=folders)
            file = os.path.relpath(place[0]) if place else None
            changes.append(Change(name, kind, file, place[1] if place else None))
    return changes
