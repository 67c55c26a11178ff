"""The manifest: every mistake is named with its line and the nearest word."""

from __future__ import annotations

import os

import pytest

from ldct.errors import ConfigError
from ldct.study.manifest import fingerprint, read_manifest

HEAD = "patient,kind,full,low,region,seed,fold\n"


def manifest(tmp_path, text, head=HEAD):
    path = tmp_path / "m.csv"
    path.write_text(head + text)
    return path


def test_rows_are_read_with_folders_relative_to_the_file(tmp_path):
    path = manifest(tmp_path, "a,dicom,x/full,x/low,chest,,1\nb,synthetic,,,abdomen,7,\n")
    a, b = read_manifest(path)
    assert (a.full, a.low, a.fold, a.seed) == (tmp_path / "x/full", tmp_path / "x/low", 1, None)
    assert (b.kind, b.full, b.seed, b.region) == ("synthetic", None, 7, "abdomen")


def test_a_file_saved_by_a_spreadsheet_is_read(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes(b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode() + b"a,synthetic,,,chest,1,\r\n")
    assert read_manifest(path)[0].patient == "a"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["cohort is empty"]),
        ("a,dicm,x,,chest,,\n", ["line 2", "no kind 'dicm'", "nearest is 'dicom'"]),
        ("a,dicom,,,chest,,\n", ["line 2", "column full"]),
        ("a,synthetic,,,chest,,\n", ["needs a seed"]),
        ("a,synthetic,x,,chest,1,\n", ["leave full and low empty"]),
        ("../a,dicom,x,,chest,,\n", ["folder names"]),
        ("a,dicom,x,,chest,one,\n", ["seed is 'one'"]),
        ("a,dicom,x,,chest,,\na,dicom,y,,chest,,\n", ["'a' occurs twice"]),
        ("a,dicom,x,,chest,,\nb,dicom,./x,,chest,,\n", ["same folder"]),
        ("a,dicom,x,x,chest,,\n", ["same folder"]),
    ],
)
def test_mistakes_are_named(tmp_path, text, words):
    with pytest.raises(ConfigError) as caught:
        read_manifest(manifest(tmp_path, text))
    for word in words:
        assert word in str(caught.value)


def test_columns_are_checked(tmp_path):
    with pytest.raises(ConfigError, match="unknown column 'regoin'; the nearest is 'region'"):
        read_manifest(manifest(tmp_path, "", head="patient,kind,regoin\n"))
    with pytest.raises(ConfigError, match="column 'kind' is missing"):
        read_manifest(manifest(tmp_path, "", head="patient,full\n"))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_manifest(tmp_path / "none.csv")


def test_fingerprint_follows_the_files(tmp_path):
    folder = tmp_path / "x"
    path = manifest(tmp_path, "a,dicom,x,,chest,,\n")
    (patient,) = read_manifest(path)
    missing = fingerprint(patient)
    folder.mkdir()
    (folder / "1.dcm").write_bytes(b"abc")
    os.utime(folder / "1.dcm", ns=(5, 5))
    first = fingerprint(patient)
    assert first == fingerprint(patient) != missing
    (folder / "1.dcm").write_bytes(b"abcd")
    os.utime(folder / "1.dcm", ns=(5, 5))
    assert fingerprint(patient) != first


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(("separator", "first"), [(",", ""), (";", ""), ("\t", ""), (";", "sep=;\r\n")])
def test_tables_of_spreadsheets_are_read(tmp_path, encoding, separator, first):
    lines = [
        "patient,kind,full,low,region,seed,fold,subject",
        "P1,dicom,Bilder Müller/a,,chest,,1,M",
        ",,,,,,,",
        "P2,synthetic,,,head,3,,",
    ]
    path = tmp_path / "m.csv"
    path.write_bytes((first + "\r\n".join(lines).replace(",", separator) + "\r\n").encode(encoding))
    a, b = read_manifest(path)
    assert (a.full, a.fold, a.subject, a.person) == (tmp_path / "Bilder Müller/a", 1, "M", "M")
    assert (b.patient, b.seed, b.subject, b.person) == ("P2", 3, None, "P2")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEAD.encode() + b"anna b,dicom,x,,chest,,\n", ["line 2", "'anna b'", "e.g. 'anna_b'"]),
        (HEAD.encode() + b"a,dicom,x,y,chest,,,z\n", ["line 2", "more values than columns", "quotation marks"]),
        (b"patient,kind,kind\na,dicom,x\n", ["column 'kind' occurs twice"]),
        (b"PK\x03\x04\x00\x00\x00\x00\x00\x00", ["no table of text", "CSV (UTF-8)"]),
        (b"", ["column 'patient' is missing"]),
    ],
)
def test_what_is_no_manifest_is_explained(tmp_path, content, words):
    path = tmp_path / "m.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_manifest(path)
    for word in words:
        assert word in str(caught.value)
