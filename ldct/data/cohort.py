"""results/cohort: who is in the study, what was set aside, and who stands on which side of which split."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from ldct.errors import ConfigError, LdctError
from ldct.tables import read_table, write_table
from ldct.tables.cohort import PATIENTS, REJECTIONS, SERIES, SPLIT

if TYPE_CHECKING:
    from ldct.stages.cohort import Cohort

log = logging.getLogger("ldct")


def collect_cohort(spec: Cohort.Spec, series: Sequence[Path], rejections: Sequence[Path], output: Path) -> None:
    """Merge the patients' tables and write series, patients, rejections and split to the folder `output`.

    A patient without paired slices is listed as rejected. Raises ConfigError where a patient stands on two sides of a
    split or is not tested exactly once, and LdctError where no patient is left.
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
        patients.append({**entry.model_dump(), "slices": count, "status": status, "reason": reason})
    accepted = sum(entry["status"] == "accepted" for entry in patients)
    log.info("cohort: %d of %d patients accepted, %d rejections", accepted, len(patients), len(refused))
    if not accepted:
        first = patients[0]["reason"] if patients else "the manifest names nobody"
        raise LdctError(f"no patient of the manifest can be used. The first one: {first}")
    split = [
        {"fold": fold, "patient": patient, "role": role}
        for fold, roles in spec.split.items()
        for role in ("train", "validation", "test")
        for patient in getattr(roles, role)
    ]
    write_table(output / "series.parquet", found.sort_by([("patient", "ascending"), ("dose", "ascending")]), SERIES)
    write_table(output / "patients.parquet", pa.Table.from_pylist(patients, PATIENTS), PATIENTS)
    write_table(output / "rejections.parquet", refused, REJECTIONS)
    write_table(output / "split.parquet", pa.Table.from_pylist(split, SPLIT), SPLIT)


def check_split(spec: Cohort.Spec) -> None:
    """Raise ConfigError unless each patient is tested once and stands on one side of every fold."""
    tested: Counter[str] = Counter()
    for fold, roles in spec.split.items():
        sides = Counter(patient for role in ("train", "validation", "test") for patient in getattr(roles, role))
        twice = [patient for patient, count in sides.items() if count > 1]
        if twice:
            raise ConfigError(f"patient '{twice[0]}' stands on two sides of fold {fold}")
        tested.update(roles.test)
    for entry in spec.patients:
        if tested[entry.patient] != 1:
            raise ConfigError(f"patient '{entry.patient}' is tested in {tested[entry.patient]} folds, not one")
