"""The metadata.csv that comes with downloads from TCIA: which folder is which series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ldct.errors import ConfigError
from ldct.spreadsheet import read_rows

# Spellings of the NBIA Data Retriever, and of the lists that its interface for programs gives.
COLUMNS = {
    "subject": ("Subject ID", "PatientID", "Patient ID"),
    "description": ("Series Description", "SeriesDescription"),
    "uid": ("Series UID", "SeriesInstanceUID", "Series Instance UID"),
    "location": ("File Location",),
}
# A list of a million series is below this.
LARGEST_BYTES = 1 << 29


@dataclass(frozen=True)
class Listed:
    """What a list says of a series."""

    subject: str
    description: str


def listed(tables: Iterable[Path]) -> dict[str, Listed]:
    """What lists say of series, by the absolute path of their folder and by their UID, by which folders may be called.

    Tables that are no such list are passed over.
    """
    series: dict[str, Listed] = {}
    for path in tables:
        try:
            if path.stat().st_size > LARGEST_BYTES:
                continue
            rows, columns, _ = read_rows(path)
        except (OSError, ConfigError):
            continue
        if not any(name in columns for name in COLUMNS["subject"]):
            continue
        for row in rows:
            values = {name: _first(row, spellings) for name, spellings in COLUMNS.items()}
            if not values["subject"]:
                continue
            entry = Listed(values["subject"], values["description"])
            if values["location"]:
                place = values["location"].replace("\\", "/").removeprefix("./").strip("/")
                series[str(path.parent.absolute() / place)] = entry
            if values["uid"]:
                series[values["uid"]] = entry
    return series


def _first(row: dict[str, str], spellings: tuple[str, ...]) -> str:
    return next((row[name] for name in spellings if row.get(name)), "")
