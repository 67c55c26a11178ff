"""Rows of one person stop the study by name, column subject joins them, and nothing of a header is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ldct.checks.job import check_study
from ldct.cohort.guard import shared_identities
from ldct.errors import ConfigError
from ldct.study.manifest import read_manifest
from tests.support.checked_study import SPEC
from tests.support.layouts import put, raw, uid


def rows(folder: Path, *lines: str, head: str = "patient,kind,full,low,subject") -> list:
    path = folder / "m.csv"
    path.write_text("\n".join((head, *lines)) + "\n")
    return read_manifest(path)


@pytest.fixture
def data(tmp_path) -> Path:
    """anna twice (two studies), bert, and cora, whose low dose lies among bert's frame."""
    put(tmp_path / "anna", "Anna^Secret", "full")
    put(tmp_path / "anna2", "Anna^Secret", "full", scan="2")
    put(tmp_path / "bert", "Bert^Secret", "full")
    put(tmp_path / "cora", "Cora^Secret", "full")
    return tmp_path


def test_different_persons_pass(data):
    assert shared_identities(rows(data, "a,dicom,anna,,", "b,dicom,bert,,", "c,dicom,cora,,")) == ([], [])


@pytest.mark.parametrize(
    ("changes", "attribute"),
    [
        ({"PatientID": "Anna^Secret"}, "PatientID"),
        ({"StudyInstanceUID": uid("study", "Anna^Secret", "1")}, "StudyInstanceUID"),
        ({"FrameOfReferenceUID": uid("frame", "Anna^Secret", "1")}, "FrameOfReferenceUID"),
    ],
)
def test_any_shared_attribute_stops_by_the_names_of_the_rows(data, changes, attribute):
    put(data / "other", "Dora^Secret", "full", **changes)
    (line,), notes = shared_identities(rows(data, "a,dicom,anna,,", "b,dicom,bert,,", "d,dicom,other,,"))
    assert f"rows 'a' and 'd' share a {attribute}:" in line and "column subject" in line
    assert "Secret" not in line and "'b'" not in line and notes == []
    assert shared_identities(rows(data, "a,dicom,anna,,x", "b,dicom,bert,,", "d,dicom,other,,x")) == ([], [])
    # Saying that they are two does not make them two.
    assert len(shared_identities(rows(data, "a,dicom,anna,,x", "b,dicom,bert,,z", "d,dicom,other,,y"))[0]) == 1


def test_every_file_is_asked_and_every_column(data):
    put(data / "bert", "Anna^Secret", "full", count=1, number=9, scan="3")
    ((line), *_), _ = shared_identities(rows(data, "a,dicom,anna,,", "b,dicom,bert,,", "c,dicom,cora,,"))
    assert "'a' and 'b' share a PatientID" in line
    raw(data / "raw", "Cora^Secret", "full")
    lines, _ = shared_identities(
        rows(data, "c,ctpd,raw,,anna", "a,dicom,anna,,", "d,dicom,cora,,", head="patient,kind,full,low,images")
    )
    assert len(lines) == 1 and "'a' and 'c' and 'd'" in lines[0], "one line for those that hang together"


def test_a_constant_of_a_de_identification_needs_the_subjects(tmp_path):
    for name in "abc":
        put(tmp_path / name, name, "full", PatientID="STUDY-7")
    bare = [f"{name},dicom,{name},," for name in "abc"]
    stated = [f"{name},dicom,{name},,{name}" for name in "abc"]
    assert "'a' and 'b' and 'c' share a PatientID" in shared_identities(rows(tmp_path, *bare))[0][0]
    lines, notes = shared_identities(rows(tmp_path, *stated))
    assert lines == [] and notes == [
        "PatientID is the same in all images and tells nobody apart: persons by column subject"
    ]
    # Not where a study says that two are one.
    put(tmp_path / "d", "a", "full", PatientID="STUDY-7")
    assert shared_identities(rows(tmp_path, *stated, "d,dicom,d,,d"))[0]


def test_absent_folders_and_synthetic_rows_are_passed_over(tmp_path):
    made = rows(tmp_path, "a,dicom,away,,,", "b,synthetic,,,,1", head="patient,kind,full,low,subject,seed")
    assert shared_identities(made) == ([], [])


def test_the_check_refuses_before_anything_is_computed(data, tmp_path):
    refused, card = tmp_path / "refused.txt", tmp_path / "card.json"
    patients = rows(data, "first,dicom,anna,,", "second,dicom,anna2,,", "b,dicom,bert,,")
    spec = SPEC.model_copy(update={"networks": {}, "losses": {}})
    with pytest.raises(ConfigError, match="'first' and 'second' share a PatientID"):
        check_study(spec, card, refused, tmp_path, patients)
    assert "Secret" not in refused.read_text() and not card.exists()


def test_the_card_notes_how_persons_were_told_apart(tmp_path, monkeypatch):
    from ldct.card.build import card_of
    from ldct.card.text import text_of
    from tests.support.checked_study import MEASURED

    design = SPEC.design.model_copy(update={"persons": 7})
    card = card_of(SPEC.model_copy(update={"design": design}), MEASURED, ["PatientID is the same in all"])
    assert "10, 7 persons" in text_of(card) and "PatientID is the same in all" in text_of(card)
    assert json.loads(card.model_dump_json())["cohort"]["persons"] == 7
