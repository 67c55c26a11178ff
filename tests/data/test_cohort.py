"""The cohort tables, and the guard against a patient on two sides."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ldct.data.cohort import check_split, collect_cohort
from ldct.errors import ConfigError, LdctError
from ldct.stages.cohort import Cohort
from ldct.tables import read_table, write_table
from ldct.tables.cohort import PATIENTS, REJECTIONS, SERIES, SPLIT


def spec(**changes):
    patients = [{"patient": p, "region": "chest", "kind": "dicom", "fold": i % 2} for i, p in enumerate("abcd")]
    split = {
        "0": {"train": ["b"], "validation": ["d"], "test": ["a", "c"]},
        "1": {"train": ["a"], "validation": ["c"], "test": ["b", "d"]},
    }
    return Cohort.Spec.model_validate({"patients": patients, "split": split | changes})


def parts(folder, slices):
    series, rejections = [], []
    for patient, count in slices.items():
        row = {"patient": patient, "source": "dicom", "slices": count, "rows": 8, "columns": 8}
        row |= {"pixel_spacing_row_mm": 1.0, "pixel_spacing_column_mm": 1.0}
        rows = [{**row, "dose": dose} for dose in ("full", "low")] if count else []
        refused = [] if count else [{"patient": patient, "file": "", "found": "x", "expected": "y", "action": "mend"}]
        for name, schema, content, paths in (
            ("series", SERIES, rows, series),
            ("rejections", REJECTIONS, refused, rejections),
        ):
            paths.append(folder / f"{patient}.{name}.parquet")
            write_table(paths[-1], pa.Table.from_pylist(content, schema), schema)
    return series, rejections


def test_rejected_patients_are_listed_with_their_reason(tmp_path):
    collect_cohort(spec(), *parts(tmp_path, {"a": 3, "b": 0, "c": 2, "d": 4}), tmp_path / "cohort")
    patients = {row["patient"]: row for row in read_table(tmp_path / "cohort/patients.parquet", PATIENTS).to_pylist()}
    assert patients["a"]["status"] == "accepted" and patients["a"]["slices"] == 3
    assert patients["b"]["status"] == "rejected" and "mend" in patients["b"]["reason"]
    split = read_table(tmp_path / "cohort/split.parquet", SPLIT).to_pylist()
    assert sum(row["role"] == "test" for row in split) == 4


def test_no_usable_patient_at_all_is_an_error(tmp_path):
    with pytest.raises(LdctError, match="no patient"):
        collect_cohort(spec(), *parts(tmp_path, dict.fromkeys("abcd", 0)), tmp_path / "cohort")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"0": {"train": ["b", "a"], "validation": ["d"], "test": ["a", "c"]}}, "'a' stands on two sides of fold 0"),
        ({"0": {"train": ["b"], "validation": ["d"], "test": ["a"]}}, "'c' is tested in 0 folds"),
        ({"2": {"train": ["b"], "validation": ["d"], "test": ["a"]}}, "'a' is tested in 2 folds"),
    ],
)
def test_a_patient_on_two_sides_is_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        check_split(spec(**changes))
