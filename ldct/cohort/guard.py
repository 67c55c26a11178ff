"""Nobody stands on two sides: rows of a manifest that share a person, a study or a frame of reference are named."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path

from ldct.cohort.headers import Header, read_header
from ldct.study.fingerprint import files_below
from ldct.study.manifest import Patient

SOURCES = {"person": "PatientID", "study": "StudyInstanceUID", "frame": "FrameOfReferenceUID"}
# Views of one scan say the same of these; images are all asked.
MOST_VIEWS = 64
THREADS = 8
# (kind of data, source) -> values.
Said = dict[tuple[str, str], set[str]]


def shared_identities(patients: Sequence[Patient]) -> tuple[list[str], list[str]]:
    """Mistakes and notes: rows that are one person by the headers of their files, and not by column `subject`.

    Every image of every folder is asked. A PatientID, study or frame that is the same in all rows of a kind of data is
    no mistake where each row names its subject and the two other attributes tell all subjects apart: it is a constant
    of a de-identification, and stands in the notes. Folders that are absent are passed over. Neither holds anything of
    the headers.
    """
    key = secrets.token_bytes(32)
    said = {patient.patient: _said(patient, key) for patient in patients}
    constant = _constants(patients, said)
    notes = [
        f"{SOURCES[source]} is the same in all {kind} and tells nobody apart: persons by column subject"
        for kind, source in sorted(constant)
    ]
    owners: dict[tuple[str, str], list[Patient]] = defaultdict(list)
    for patient in patients:
        for own, values in said[patient.patient].items():
            for value in values if own not in constant else ():
                if patient not in owners[own[1], value]:
                    owners[own[1], value].append(patient)
    together: dict[frozenset[str], set[str]] = defaultdict(set)
    for (source, _), rows in owners.items():
        for a, b in combinations(rows, 2):
            if a.person != b.person:
                together[frozenset((a.patient, b.patient))].add(source)
    return _messages(patients, together), notes


def _messages(patients: Sequence[Patient], together: dict[frozenset[str], set[str]]) -> list[str]:
    """One line for each group of rows that hang together."""
    group = {patient.patient: {patient.patient} for patient in patients}
    for pair in together:
        a, b = pair
        if group[a] is not group[b]:
            joined = group[a] | group[b]
            for name in joined:
                group[name] = joined
    lines = []
    for names in {id(one): one for one in group.values() if len(one) > 1}.values():
        sources = {source for pair, own in together.items() if pair <= names for source in own}
        rows = " and ".join(f"'{name}'" for name in sorted(names))
        what = ", ".join(SOURCES[source] for source in SOURCES if source in sources)
        lines.append(
            f"cohort.manifest: rows {rows} share a {what}: one person would stand on two sides of a split. Where they "
            "are one person, give them one value in column subject; else mend the rows or the data"
        )
    return lines


def _constants(patients: Sequence[Patient], said: dict[str, Said]) -> set[tuple[str, str]]:
    """(kind of data, source) of what is the same in all rows though their subjects are told apart otherwise."""
    constant = set()
    for kind in {kind for own in said.values() for kind, _ in own}:
        own = [patient for patient in patients if any(other == kind for other, _ in said[patient.patient])]
        persons = {patient.person for patient in own}
        if len(persons) < 3 or not all(patient.subject for patient in own):
            continue
        for source in SOURCES:
            values = set().union(*(said[patient.patient].get((kind, source), set()) for patient in own))
            others = [other for other in SOURCES if other != source]
            if len(values) == 1 and all(_apart(own, said, (kind, other)) for other in others):
                constant.add((kind, source))
    return constant


def _apart(patients: Sequence[Patient], said: dict[str, Said], source: tuple[str, str]) -> bool:
    """Whether every row has a value of a source, and no two persons one of them."""
    owner: dict[str, str] = {}
    for patient in patients:
        values = said[patient.patient].get(source)
        if not values or any(owner.setdefault(value, patient.person) != patient.person for value in values):
            return False
    return True


def _said(patient: Patient, key: bytes) -> Said:
    """What the files of a row say of person, study and frame."""
    values: Said = defaultdict(set)
    for folder in patient.folders.values():
        for header in _headers(folder, key):
            for source in SOURCES:
                value = getattr(header, source)
                if value:
                    values[header.kind, source].add(value)
    return values


def _headers(folder: Path, key: bytes) -> Iterator[Header]:
    try:
        paths = sorted(file.path for file in files_below(str(folder)))
    except OSError:
        # Absent folders are named elsewhere.
        return

    def read(path: str) -> Header:
        try:
            return read_header(path, key)[0]
        except OSError:
            return Header()

    first = next((header for header in map(read, paths) if header.kind), Header())
    if first.kind == "projections":
        paths = paths[:: max(1, len(paths) // MOST_VIEWS)]
    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(read, paths)
