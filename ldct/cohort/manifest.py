"""`ldct manifest`: a proposal written as a manifest, with pseudonyms, and a key file that says who they are."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from ldct.cohort.headers import keyed, person_text
from ldct.cohort.lists import Listed, listed
from ldct.cohort.propose import Choices, Entry, Proposal, propose
from ldct.cohort.pseudonyms import beside, check_place, named, secret_key, write_key
from ldct.cohort.recipes import recipes
from ldct.cohort.rules import region_of
from ldct.cohort.scan import Scan, scan_folders
from ldct.cohort.series import Candidate, Series, read_index, whole_series
from ldct.errors import LdctError
from ldct.files import write_text
from ldct.study.manifest import COLUMNS

KINDS = {"images": "dicom", "projections": "ctpd"}


def write_manifest(
    folders: Sequence[Path],
    output: Path,
    choices: Choices | None = None,
    index: Path | None = None,
    told: Callable[[str], None] = print,
) -> None:
    """Write a manifest of the series below `folders` to `output`, and tell what was chosen, why, and what was left out.

    One row a person, named P001, P002, ...; who that is stands in the key file beside it, which its owner alone can
    read. Series whose files lie among others get a folder of links beside the manifest. Raises LdctError where a folder
    is missing or holds no series, and where something cannot be told, with the option that decides.
    """
    check_place(output)
    scan = scan_folders(folders, index or beside(output, "index.parquet"))
    series = read_index(scan.index)
    if not series:
        where = ", ".join(map(str, folders))
        raise LdctError(
            f"{where}: no CT images and no DICOM-CT-PD projections in it or below ({scan.count()} other files)"
        )
    candidates = whole_series(series, {one.folder: scan.label(one.folder) for one in series})
    _add_lists(candidates, scan)
    proposal = propose(candidates, choices or Choices())
    rows = _rows(proposal, scan, series, output)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(output, text.getvalue())
    pairs = sum(bool(row["low"]) for row in rows)
    told(f"{output}: {len(rows)} patients, {pairs} with a low-dose series")
    for row, entry in zip(rows, proposal.entries, strict=True):
        told(f"  {row['patient']} ({row['region']}): {entry.why}")
    if pairs < len(rows):
        told(f"{len(rows) - pairs} without: their low dose will be made by noise insertion (low_dose.fraction)")
    for note in proposal.notes:
        told(f"note: {note}")
    for reason in proposal.left_out:
        told(f"left out: {reason}")
    told(f"who they are: {beside(output, 'key.csv')} (keep it to yourself)")


def _add_lists(candidates: Sequence[Candidate], scan: Scan) -> None:
    """Add what the lists of a download say of its series."""
    lists = listed(scan.tables())
    if not lists:
        return
    key = secret_key(scan.secret)
    by_uid = {keyed(key, name): entry for name, entry in lists.items() if not name.startswith(os.sep)}
    for one in candidates:
        path = Path(one.series.folder)
        entry: Listed | None = lists.get(str(path)) or lists.get(path.name) or by_uid.get(one.series.series)
        if entry is not None:
            one.subject, one.listed = entry.subject, entry.description


def _rows(proposal: Proposal, scan: Scan, series: Sequence[Series], output: Path) -> list[dict[str, str]]:
    """The manifest's rows; the key file and folders of links are written on the way."""
    key_file = beside(output, "key.csv")
    names = named([entry.person for entry in proposal.entries], key_file)
    links = _Links(scan, series, output, proposal.entries)
    rows, keys = [], []
    for entry in proposal.entries:
        patient = names[entry.person]
        folder = Path(entry.full.series.folder)
        patient_id = _patient_id(links.first_file(entry.full))
        used = {"full": entry.full, "low": entry.low, "images": entry.images}
        rows.append(
            {
                "patient": patient,
                "kind": KINDS[entry.full.series.kind],
                **{name: links.place(one, patient, name) if one else "" for name, one in used.items()},
                "region": _region(entry, patient_id) or "unknown",
                "seed": "",
                "fold": "",
                "subject": patient,
            }
        )
        keys.append({"patient": patient, "person": entry.person, "patient_id": patient_id, "folder": str(folder)})
    write_key(key_file, keys)
    return rows


class _Links:
    """Folders for the manifest: a series' own where it lies there alone, else one of links to its files."""

    def __init__(self, scan: Scan, series: Sequence[Series], output: Path, entries: Sequence[Entry]):
        self._base = output.resolve().parent
        self._folder = beside(output, "series")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._below: dict[str, set[str]] = defaultdict(set)
        for one in series:
            for folder in (one.folder, *map(str, Path(one.folder).parents)):
                self._below[folder].add(one.row)
        used = [one for entry in entries for one in (entry.full, entry.low, entry.images) if one]
        self._files = scan.files({part.row for one in used for part in one.parts})

    def first_file(self, one: Candidate) -> Path:
        return self._files[one.series.row][0]

    def place(self, one: Candidate, patient: str, name: str) -> str:
        """The folder of a series, relative to the manifest."""
        rows = {part.row for part in one.parts}
        folder = os.path.commonpath([part.folder for part in one.parts])
        if self._below[folder] != rows:
            folder = str(self._linked([file for row in sorted(rows) for file in self._files[row]], patient, name))
        return os.path.relpath(os.path.realpath(folder), self._base)

    def _linked(self, files: Sequence[Path], patient: str, name: str) -> Path:
        folder = self._folder / patient / name
        folder.mkdir(parents=True)
        for number, file in enumerate(files, start=1):
            link = folder / f"{number:05d}.dcm"
            try:
                link.symlink_to(os.path.realpath(file))
            except OSError:
                # A file system without links.
                shutil.copyfile(file, link)
        return folder


def _patient_id(path: Path) -> str:
    """The PatientID of a file, for the key file alone; '' where it says nothing."""
    import pydicom

    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["PatientID"])
    # A file that an index was made of may be gone or changed since.
    except Exception:
        return ""
    return str(header.get("PatientID") or "")


def _region(entry: Entry, patient_id: str) -> str:
    one = entry.full.series
    said = region_of(
        one.body_part, one.description, entry.full.listed, one.study_description, one.protocol, entry.full.label
    )
    codes = (entry.name, person_text(patient_id))
    return said or next((region for recipe in recipes() for code in codes if (region := recipe.region(code))), "")
