"""How inputs are named in tables and logs: by number, since the names of files can be those of persons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ldct.errors import InputError


def numbered(errors: Iterable[InputError], dose: str, folder: Path) -> list[InputError]:
    """`errors` of files below `folder` with 'full, file 13 of 240' in place of the path; '' stays ''.

    Files are counted from 1 in the order of their paths below the folder:
    find FOLDER -type f | LC_ALL=C sort | sed -n 13p.
    """
    errors = list(errors)
    if not errors:
        return []
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    number = {Path(name).name: k for k, name in enumerate(names, start=1)}
    number |= {name: k for k, name in enumerate(names, start=1)}
    return [
        InputError(_place(error.path, number, len(names), dose), error.found, error.expected, error.action)
        for error in errors
    ]


def _place(path: str | Path, number: dict[str, int], count: int, dose: str) -> str:
    text = str(path)
    if not text:
        return ""
    text, frame = re.fullmatch(r"(.*?)( \(frame \d+\))?", text, re.DOTALL).groups(default="")  # type: ignore[union-attr]
    known = next((number[key] for key in (text, Path(text).name) if key in number), None)
    return f"{dose}, file {known} of {count}{frame}" if known else f"{dose}, a file"
