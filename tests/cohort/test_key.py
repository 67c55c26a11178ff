"""Pseudonyms: they last, nobody takes another's, and who they are is for the owner alone."""

from __future__ import annotations

import csv
import os
import stat
from pathlib import Path

import pytest

from ldct.cohort.manifest import write_manifest
from ldct.errors import LdctError
from ldct.study.manifest import read_manifest
from tests.support.layouts import flat, put, truth


def key_of(manifest: Path) -> dict[str, str]:
    with manifest.with_suffix(".key.csv").open(newline="") as lines:
        return {row["patient_id"]: row["patient"] for row in csv.DictReader(lines)}


def persons(root: Path, *names: str) -> Path:
    for name in names:
        put(root / name / "full", name, "full")
        put(root / name / "low", name, "low")
    return root


def test_names_last_and_are_never_given_twice(tmp_path):
    data, output = tmp_path / "data", tmp_path / "m.csv"
    write_manifest([persons(data, "Mary Major", "Zoe Last")], output)
    assert key_of(output) == {"Mary Major": "P001", "Zoe Last": "P002"}
    (data / "Mary Major").rename(tmp_path / "away")
    write_manifest([persons(data, "Ann First")], output)
    assert key_of(output) == {"Mary Major": "P001", "Zoe Last": "P002", "Ann First": "P003"}
    assert {one.patient for one in read_manifest(output)} == {"P002", "P003"}
    (tmp_path / "away").rename(data / "Mary Major")
    write_manifest([data], output)
    assert [one.patient for one in read_manifest(output)] == ["P003", "P001", "P002"]


def test_who_they_are_is_for_the_owner_alone(tmp_path, capsys):
    output = tmp_path / "m.csv"
    write_manifest([persons(tmp_path / "data", "Mary Major")], output)
    assert stat.S_IMODE(output.with_suffix(".key.csv").stat().st_mode) == 0o600
    (only,) = read_manifest(output)
    assert (only.patient, only.subject, only.full.parent.name) == ("P001", "P001", "Mary Major")
    assert "P001" in capsys.readouterr().out


def test_a_manifest_and_its_key_are_no_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LdctError, match="no results"):
        write_manifest([persons(tmp_path / "data", "Mary Major")], Path("results/m.csv"))
    assert not Path("results").exists()


def test_series_in_a_shared_folder_get_folders_of_links(tmp_path):
    flat(tmp_path / "data")
    write_manifest([tmp_path / "data"], tmp_path / "m.csv")
    for patient in read_manifest(tmp_path / "m.csv"):
        for dose, folder in (("full", patient.full), ("low", patient.low)):
            assert folder.parent.name == patient.patient and len(list(folder.iterdir())) == 4
            ((_, said, _),) = truth(folder)
            assert said == dose
    before = sorted(path.name for path in (tmp_path / "m.series").rglob("*"))
    write_manifest([tmp_path / "data"], tmp_path / "m.csv")
    assert sorted(path.name for path in (tmp_path / "m.series").rglob("*")) == before


def test_a_foreign_key_file_is_not_overwritten(tmp_path):
    (tmp_path / "m.key.csv").write_text("a,b\n1,2\n")
    with pytest.raises(LdctError, match="no key file"):
        write_manifest([persons(tmp_path / "data", "Mary Major")], tmp_path / "m.csv")
    assert (tmp_path / "m.key.csv").read_text() == "a,b\n1,2\n"


def test_a_name_that_is_no_text_is_explained(tmp_path):
    folder = os.fsencode(tmp_path) + b"/data/M\xfcller"
    os.makedirs(folder)
    with pytest.raises(LdctError, match="not UTF-8"):
        write_manifest([tmp_path / "data"], tmp_path / "m.csv")
