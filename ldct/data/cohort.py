"""results/cohort: who is in the study, what was set aside, and who stands on which side of which split."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ldct.errors import ConfigError, LdctError
from ldct.study.split import among
from ldct.tables import read_table, write_table
from ldct.tables.cohort import PATIENTS, REJECTIONS, SERIES, SPLIT

if TYPE_CHECKING:
    from ldct.stages.cohort import Cohort

log = logging.getLogger("ldct")
ROLES = {"train": "train on", "validation": "validate on", "test": "test"}


def collect_cohort(spec: Cohort.Spec, series: Sequence[Path], rejections: Sequence[Path], output: Path) -> None:
    """Merge the patients' tables and write series, patients, rejections and split to the folder `output`.

    A patient without paired slices is listed as rejected, and has no role. Raises ConfigError where a patient or person
    stands on two sides of a split or is not tested exactly once, and LdctError where no patient is left, or none for a
    role of a fold.
    """
    check_split(spec)
    found = pa.concat_tables([read_table(path, SERIES) for path in series])
    refused = pa.concat_tables([read_table(path, REJECTIONS) for path in rejections])
    slices = {row["patient"]: row["slices"] for row in found.to_pylist() if row["dose"] == "low"}
    reasons = {row["patient"]: f"{row['found']}; {row['action']}" for row in refused.to_pylist() if row["file"] == ""}
    patients = []
    for entry in spec.patients:
        count = slices.get(entry.patient, 0)
        reason = None if count else reasons.get(entry.patient, "no usable pair of slices; see the rejected files")
        status = "accepted" if count else "rejected"
        patients.append({**entry.model_dump(exclude={"person"}), "slices": count, "status": status, "reason": reason})
    accepted = sum(entry["status"] == "accepted" for entry in patients)
    log.info("cohort: %d of %d patients accepted, %d rejections", accepted, len(patients), len(refused))
    if not accepted:
        first = patients[0]["reason"] if patients else "the manifest names nobody"
        raise LdctError(f"no patient of the manifest can be used. The first one: {first}")
    split = accepted_split(spec, {entry["patient"] for entry in patients if entry["status"] == "accepted"})
    write_table(output / "series.parquet", found.sort_by([("patient", "ascending"), ("dose", "ascending")]), SERIES)
    write_table(output / "patients.parquet", pa.Table.from_pylist(patients, PATIENTS), PATIENTS)
    write_table(output / "rejections.parquet", refused, REJECTIONS)
    write_table(output / "split.parquet", pa.Table.from_pylist(split, SPLIT), SPLIT)


def accepted_split(spec: Cohort.Spec, accepted: set[str]) -> list[dict[str, Any]]:
    """SPLIT rows of the accepted patients; raises LdctError that names every role without any."""
    rows, empty = [], []
    for fold, planned in spec.split.items():
        train, validation, note = among(accepted, planned.train, planned.validation, planned.order)
        roles = {"train": train, "validation": validation, "test": [name for name in planned.test if name in accepted]}
        if note:
            log.warning("fold %d: %s", fold, note)
        empty += [
            f"fold {fold} has nobody to {ROLES[role]}"
            for role, own in roles.items()
            if getattr(planned, role) and not own
        ]
        rows += [{"fold": fold, "patient": name, "role": role} for role, own in roles.items() for name in own]
    if empty:
        raise LdctError(
            f"{'; '.join(empty)}: {len(accepted)} of {len(spec.patients)} patients were accepted (why the others were "
            "not: results/cohort/parts and the log above). Mend their data, take their rows out of the manifest, add "
            "patients, or lower cohort.folds"
        )
    return rows


def check_split(spec: Cohort.Spec) -> None:
    """Raise ConfigError unless each patient is tested once and stands on one side of every fold."""
    tested: Counter[str] = Counter()
    person = {entry.patient: entry.person or entry.patient for entry in spec.patients}
    for fold, roles in spec.split.items():
        sides = Counter(patient for role in ("train", "validation", "test") for patient in getattr(roles, role))
        twice = [patient for patient, count in sides.items() if count > 1]
        if twice:
            raise ConfigError(f"patient '{twice[0]}' stands on two sides of fold {fold}")
        tested.update(roles.test)
        at = {person[patient]: role for role in ("train", "validation", "test") for patient in getattr(roles, role)}
        for role in ("train", "validation", "test"):
            for patient in getattr(roles, role):
                if at[person[patient]] != role:
                    raise ConfigError(f"subject '{person[patient]}' stands on two sides of fold {fold}")
    for entry in spec.patients:
        if tested[entry.patient] != 1:
            raise ConfigError(f"patient '{entry.patient}' is tested in {tested[entry.patient]} folds, not one")
