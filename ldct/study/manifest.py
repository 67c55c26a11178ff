"""The manifest: a row a patient, read when the workflow is parsed."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ldct.declaration import nearest
from ldct.errors import ConfigError
from ldct.spreadsheet import SURPLUS, read_rows
from ldct.study.fingerprint import fingerprint_of_files, fingerprint_of_folder

COLUMNS: tuple[str, ...] = ("patient", "kind", "full", "low", "region", "seed", "fold", "images", "subject")
# Of these the images are given; of the others they are reconstructed.
IMAGE_KINDS = ("dicom", "volume")
KINDS = (*IMAGE_KINDS, "ctpd", "synthetic")


@dataclass(frozen=True)
class Patient:
    """One row: full and low are folders, or files of volumes; low is None where the low dose is to be made.

    images: the scanner's own images of full-dose projections, where there are any. subject: who it is, where several
    rows are one person.
    """

    patient: str
    kind: str
    full: Path | None
    low: Path | None
    region: str
    seed: int | None = None
    fold: int | None = None
    images: Path | None = None
    subject: str | None = None

    @property
    def person(self) -> str:
        """Who stands on one side of a split: the subject, or the patient itself."""
        return self.subject or self.patient

    @property
    def folders(self) -> dict[str, Path]:
        """The row's folders by column."""
        places = {"full": self.full, "low": self.low, "images": self.images}
        return {name: folder for name, folder in places.items() if folder is not None}


def read_manifest(path: Path) -> list[Patient]:
    """The patients of a manifest, folders resolved relative to it; raises one ConfigError with every mistake."""
    try:
        rows, columns, separator = read_rows(path)
    except OSError as error:
        raise ConfigError(f"cohort.manifest: {path} cannot be read ({error.strerror})") from None
    unknown = [name for name in columns if name not in COLUMNS and (name or any(row.get(name) for row in rows))]
    if unknown:
        raise ConfigError(f"{path}: unknown column '{unknown[0]}'{nearest(unknown[0], COLUMNS)}")
    twice = [name for name in columns if name and columns.count(name) > 1]
    if twice:
        raise ConfigError(f"{path}: column '{twice[0]}' occurs twice; keep one")
    missing = [name for name in ("patient", "kind") if name not in columns]
    if missing:
        raise ConfigError(f"{path}: column '{missing[0]}' is missing; the columns are {', '.join(COLUMNS)}")
    mistakes: list[str] = []
    patients: list[Patient] = []
    for number, row in enumerate(rows, start=2):
        if not any(row.values()):
            continue
        try:
            if row.get(SURPLUS):
                raise ValueError(
                    f"more values than columns; put a value that holds '{separator}' between quotation marks"
                )
            patients.append(_patient({name: row.get(name, "") for name in COLUMNS}, path.parent))
        except ValueError as error:
            mistakes.append(f"  line {number}: {error}")
    mistakes += [f"  {text}" for text in _doubles(patients)]
    if mistakes:
        raise ConfigError(f"{path} cannot be used:\n" + "\n".join(mistakes))
    if not patients:
        raise ConfigError(f"{path}: the cohort is empty; give a row a patient ('ldct manifest FOLDER' writes one)")
    return patients


def missing_input(patients: Iterable[Patient], shown: int = 5) -> str:
    """One message about the folders of the manifest that are not there; empty where all are."""
    absent = [
        f"{folder} of patient '{patient.patient}'"
        for patient in patients
        for folder in patient.folders.values()
        if not (folder.is_dir() or (patient.kind == "volume" and folder.is_file()))
    ]
    if not absent:
        return ""
    more = f" and {len(absent) - shown} more" if len(absent) > shown else ""
    return (
        f"Folders of the manifest are missing: {', '.join(absent[:shown])}{more}. Expected: folders of DICOM files. "
        "Bring them back (is the drive mounted?) or take the patients' rows out of the manifest."
    )


def fingerprint(patient: Patient) -> str:
    """Changes when a file of the patient's folders is added, removed or replaced; 'missing' folders count too.

    Times, owners, modes and the names of the folders themselves do not count, see `ldct.study.fingerprint`.
    """
    total = hashlib.sha256()
    for folder in (patient.full, patient.low):
        total.update(_content(folder).encode() if folder else b"-")
    if patient.images:
        total.update(fingerprint_of_folder(patient.images).encode())
    return total.hexdigest()[:16]


def _content(path: Path) -> str:
    """Of a folder, or of a volume with the sidecar that says what its numbers are."""
    if not path.is_file():
        return fingerprint_of_folder(path)
    beside = [one for one in sorted(path.parent.glob("*.json")) if path.name.startswith(f"{one.stem}.")]
    return fingerprint_of_files([path, *beside])


def digest_file(path: Path) -> str:
    """Changes with the content of a small file, and not with its name or times."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _patient(row: dict[str, str], base: Path) -> Patient:
    name, kind = row["patient"], row["kind"]
    if not re.fullmatch(r"\w[\w.-]*", name):
        usable = re.sub(r"[^\w.-]+", "_", name).strip("_.-") or "P001"
        raise ValueError(
            f"patient '{name}': names become folder names; use letters, digits, '_', '-' and '.', e.g. '{usable}'"
        )
    if kind not in KINDS:
        raise ValueError(f"patient '{name}': no kind '{kind}'{nearest(kind, KINDS)}")
    full, low, images = (
        Path(os.path.normpath(base / row[name])) if row.get(name) else None for name in ("full", "low", "images")
    )
    seed, fold = (_integer(row.get(key, ""), f"patient '{name}': {key}") for key in ("seed", "fold"))
    if kind == "synthetic":
        if full or low:
            raise ValueError(f"patient '{name}' is synthetic: leave full and low empty and give a seed")
        if seed is None:
            raise ValueError(f"patient '{name}' is synthetic and needs a seed")
    elif full is None:
        raise ValueError(f"patient '{name}' needs the folder of its full-dose series in column full")
    if images and kind != "ctpd":
        raise ValueError(f"patient '{name}': column images is for kind ctpd, whose axes it finds; leave it empty")
    subject = row.get("subject") or None
    return Patient(name, kind, full, low, row.get("region") or "unknown", seed, fold, images, subject)


def _integer(text: str, what: str) -> int | None:
    if not text:
        return None
    if not text.isdigit():
        raise ValueError(f"{what} is '{text}'; expected a whole number from 0")
    return int(text)


def _doubles(patients: list[Patient]) -> list[str]:
    """Names and folders that occur twice: one patient under two names would stand on both sides of a split."""
    mistakes, names, folders = [], set(), {}
    for patient in patients:
        if patient.patient in names:
            mistakes.append(f"patient '{patient.patient}' occurs twice")
        names.add(patient.patient)
        for folder in filter(None, (patient.full, patient.low)):
            if folder in folders:
                mistakes.append(f"'{patient.patient}' and '{folders[folder]}' use the same folder {folder}")
            folders[folder] = patient.patient
    return mistakes
