"""The cohort tables, and the guard against a patient on two sides."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ldct.data.cohort import accepted_split, check_split, collect_cohort
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


def roles(train, validation, test, order=()):
    return {"train": list(train), "validation": list(validation), "test": list(test), "order": [list(p) for p in order]}


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
    five = spec(**{"0": roles("be", "d", "ac"), "1": roles("a", "c", "bde")})
    five = five.model_copy(update={"patients": (*five.patients, five.patients[3].model_copy(update={"patient": "e"}))})
    collect_cohort(five, *parts(tmp_path, {"a": 3, "b": 0, "c": 2, "d": 4, "e": 1}), tmp_path / "cohort")
    patients = {row["patient"]: row for row in read_table(tmp_path / "cohort/patients.parquet", PATIENTS).to_pylist()}
    assert patients["a"]["status"] == "accepted" and patients["a"]["slices"] == 3
    assert patients["b"]["status"] == "rejected" and "mend" in patients["b"]["reason"]
    split = read_table(tmp_path / "cohort/split.parquet", SPLIT).to_pylist()
    assert sum(row["role"] == "test" for row in split) == 4


def test_no_usable_patient_at_all_is_an_error(tmp_path):
    with pytest.raises(LdctError, match="no patient"):
        collect_cohort(spec(), *parts(tmp_path, dict.fromkeys("abcd", 0)), tmp_path / "cohort")


def test_the_split_is_dealt_over_accepted_patients(tmp_path):
    """d, who validates fold 0, is rejected: the next person takes the place, with both scans."""
    people = [{"patient": p, "region": "chest", "kind": "dicom", "fold": int(p in "bcdef")} for p in "abcdef"]
    people[1]["person"] = people[2]["person"] = "one"
    split = {"0": roles("bcef", "d", "a", ["d", "bc", "e", "f"]), "1": roles("a", "d", "bcef")}
    made = Cohort.Spec.model_validate({"patients": people, "split": split})
    accepted = set("abcef")
    found = accepted_split(made.model_copy(update={"split": {0: made.split[0]}}), accepted)
    sides = {row["patient"]: row["role"] for row in found}
    assert sides == {"a": "test", "b": "validation", "c": "validation", "e": "train", "f": "train"}
    with pytest.raises(LdctError, match=r"fold 1 has nobody to validate on: 5 of 6 patients were accepted"):
        accepted_split(made, accepted)
    with pytest.raises(LdctError, match=r"fold 0 has nobody to test; fold 1 has nobody to train on"):
        accepted_split(made, accepted - {"a"})


def test_a_person_on_two_sides_is_refused():
    people = [
        {"patient": p, "region": "chest", "kind": "dicom", "fold": i % 2, "person": "x"} for i, p in enumerate("ab")
    ]
    split = {"0": roles("b", "", "a"), "1": roles("a", "", "b")}
    with pytest.raises(ConfigError, match="subject 'x' stands on two sides of fold 0"):
        check_split(Cohort.Spec.model_validate({"patients": people, "split": split}))


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
