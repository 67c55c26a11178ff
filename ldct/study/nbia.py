"""The metadata.csv that comes with downloads from TCIA: which folder is which series."""

from __future__ import annotations

import csv
from pathlib import Path

# Spellings of the NBIA Data Retriever, and of the lists that its interface for programs gives.
COLUMNS = {
    "subject": ("Subject ID", "PatientID", "Patient ID"),
    "description": ("Series Description", "SeriesDescription"),
    "uid": ("Series UID", "SeriesInstanceUID", "Series Instance UID"),
    "location": ("File Location",),
}


def described(folder: Path) -> dict[str, str]:
    """'subject/description' of each series that a metadata.csv in `folder` or below lists.

    Keys are the series' folder relative to `folder`, as 'File Location' gives it, and the series' UID, by which the
    folders of a download with classic names are called. Tables that are no such list are passed over.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.csv")):
        if "metadata" not in path.name.lower():
            continue
        try:
            with path.open(newline="", encoding="utf-8-sig") as lines:
                rows = list(csv.DictReader(lines))
        except (OSError, UnicodeDecodeError, csv.Error):
            continue
        base = path.parent.relative_to(folder)
        for row in rows:
            values = {name: _first(row, spellings) for name, spellings in COLUMNS.items()}
            if not values["subject"] or not values["description"]:
                continue
            label = f"{values['subject']}/{values['description']}"
            if values["location"]:
                place = values["location"].replace("\\", "/").removeprefix("./").strip("/")
                found[(base / place).as_posix()] = label
            if values["uid"]:
                found[values["uid"]] = label
    return found


def _first(row: dict[str, str], spellings: tuple[str, ...]) -> str:
    return next((str(row[name]).strip() for name in spellings if row.get(name)), "")
