"""Manifests of the layouts that public collections have."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from ldct.cohort.manifest import write_manifest
from ldct.errors import LdctError
from ldct.projection.ctpd.tags import RAW_DATA_STORAGE
from ldct.study.manifest import Patient, read_manifest
from tests.dicom.conftest import ct, write

TCIA = "LDCT-and-Projection-data/{p}/08-21-2018-NA-NA-06154/1.000000-{dose} Dose Images-34688"
LAYOUTS = {
    "tcia": (["C004", "L006"], lambda p, d: TCIA.format(p=p, dose={"full": "Full", "low": "Low"}[d]), "chest"),
    "challenge": (["L067", "L096"], lambda p, d: f"{p}/{'full' if d == 'full' else 'quarter'}_3mm", "abdomen"),
    "challenge, nested": (
        ["L067", "L096"],
        lambda p, d: (
            f"3mm B30/{'full' if d == 'full' else 'quarter'}_3mm/{p}/{'full' if d == 'full' else 'quarter'}_3mm"
        ),
        "abdomen",
    ),
    "challenge, letters": (
        ["L067", "L096"],
        lambda p, d: f"{p}/{p}_{'FD' if d == 'full' else 'QD'}_3_1.CT.0001",
        "abdomen",
    ),
    "challenge, dose first": (["L067", "L096"], lambda p, d: f"{'FD' if d == 'full' else 'QD'}_1mm/{p}", "abdomen"),
    "folders": (["anna", "bert"], lambda p, d: f"{p}/{d}", "unknown"),
}


def by_name(manifest: Path, names: list[str]) -> dict[str, Patient]:
    """The patients of a manifest by the name that stands in their folders' paths, as its key file says."""
    with manifest.with_suffix(".key.csv").open(newline="") as lines:
        key = {row["patient"]: row["folder"] for row in csv.DictReader(lines)}
    return {
        next(name for name in names if name in key[patient.patient]): patient for patient in read_manifest(manifest)
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_doses_are_paired_by_the_layout(tmp_path, layout, capsys):
    patients, place, region = LAYOUTS[layout]
    for k, patient in enumerate(patients):
        for dose in ("full", "low"):
            frame = {"FrameOfReferenceUID": f"1.2.{k}"}
            write(tmp_path / "data" / place(patient, dose), ct(0, seed=k, **frame), ct(1, seed=k, **frame))
    write_manifest([tmp_path / "data"], tmp_path / "m" / "manifest.csv")
    found = by_name(tmp_path / "m" / "manifest.csv", patients)
    assert sorted(found) == patients
    for patient in patients:
        assert found[patient].full.resolve() == (tmp_path / "data" / place(patient, "full")).resolve()
        assert found[patient].low.resolve() == (tmp_path / "data" / place(patient, "low")).resolve()
    assert found[patients[0]].region == region
    assert "2 patients, 2 with a low-dose series" in capsys.readouterr().out


def projection(path: Path) -> None:
    """A file that says it is raw data; more of it is not looked at here."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = RAW_DATA_STORAGE, "1.2.3"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)


# Header of the list, its row from (subject, description, UID), and the folder of a series.
LISTS = {
    "data retriever, descriptive": (
        "Series UID,Collection,Subject ID,Series Description,Number of Images,File Location",
        lambda s, d, u: (
            f"{u},LDCT-and-Projection-data,{s},{d},2,.\\LDCT-and-Projection-data\\{s}\\08-21-2018\\{u[-4:]}"
        ),
        lambda s, u: f"LDCT-and-Projection-data/{s}/08-21-2018/{u[-4:]}",
    ),
    "data retriever, classic": (
        "Series UID,Subject ID,Series Description,File Location",
        lambda s, d, u: f"{u},{s},{d},",
        lambda s, u: f"manifest-1648/LDCT-and-Projection-data/{s}/1.2.9/{u}",
    ),
    "interface for programs": (
        "SeriesInstanceUID,PatientID,SeriesDescription",
        lambda s, d, u: f"{u},{s},{d}",
        lambda s, u: u,
    ),
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("words", ["Full Dose Images,Low Dose Images", "Full dose images,Low dose images"])
def test_series_are_told_apart_by_the_list_of_the_download(tmp_path, kind, words, capsys):
    header, row, place = LISTS[kind]
    lines, expected, uids = [header], {}, {}
    for k, subject in enumerate(("C004", "N012")):
        for number, (dose, description) in enumerate(zip(("full", "low"), words.split(","), strict=True)):
            uid = f"1.3.6.1.4.1.14519.5.2.1.3983.1600.{1000 + 10 * k + number}"
            uids[uid] = subject
            frame = {"FrameOfReferenceUID": f"1.2.{k}"}
            write(tmp_path / "data" / place(subject, uid), ct(0, seed=k, **frame), ct(1, seed=k, **frame))
            raw = uid + "9"
            projection(tmp_path / "data" / place(subject, raw) / "1-1.dcm")
            lines += [row(subject, description, uid), row(subject, description[:-6] + "Projections", raw)]
            expected[subject, dose] = (tmp_path / "data" / place(subject, uid)).resolve()
    (tmp_path / "data/metadata.csv").write_text("\n".join(lines) + "\n")
    write_manifest([tmp_path / "data"], tmp_path / "m.csv")
    found = by_name(tmp_path / "m.csv", ["C004", "N012", *uids])
    found = {uids.get(name, name): patient for name, patient in found.items()}
    assert {(p, d): getattr(found[p], d).resolve() for p in found for d in ("full", "low")} == expected
    assert [found[p].region for p in sorted(found)] == ["chest", "head"]
    said = capsys.readouterr().out
    assert "layout 'tcia-ldct-and-projection-data'" in said
    assert "C004: its projections, since its images are listed" in said


def test_a_list_that_is_none_changes_nothing(tmp_path):
    write(tmp_path / "data/L067/full_3mm", ct(0), ct(1))
    (tmp_path / "data/metadata.csv").write_text("a,b\n1,2\n")
    (tmp_path / "data/old_metadata.csv").write_bytes(b"\xff\xfe\x00bad")
    write_manifest([tmp_path / "data"], tmp_path / "m.csv")
    assert list(by_name(tmp_path / "m.csv", ["L067"])) == ["L067"]


def test_projections_of_the_challenge_are_paired(tmp_path):
    for dose in ("FD", "QD"):
        projection(tmp_path / f"data/L067/DICOM-CT-PD_{dose}/L067_{dose}_1_1.0001.dcm")
    write_manifest([tmp_path / "data"], tmp_path / "m.csv")
    (only,) = read_manifest(tmp_path / "m.csv")
    assert (only.kind, only.full.name, only.low.name) == ("ctpd", "DICOM-CT-PD_FD", "DICOM-CT-PD_QD")


def test_single_series_become_patients_without_a_partner(tmp_path, capsys):
    for k, name in enumerate(("one", "two")):
        write(tmp_path / "data" / name, ct(0, FrameOfReferenceUID=f"1.2.{k}"))
    (tmp_path / "data" / "notes.txt").write_text("x")
    write_manifest([tmp_path / "data"], tmp_path / "m.csv")
    found = by_name(tmp_path / "m.csv", ["one", "two"])
    assert [(name, p.low) for name, p in found.items()] == [("one", None), ("two", None)]
    assert "noise insertion" in capsys.readouterr().out


def test_what_is_left_out_is_said(tmp_path, capsys):
    write(tmp_path / "d/L067/full_3mm", ct(0), ct(1))
    write(tmp_path / "d/L067/full_1mm", ct(0))
    write(tmp_path / "d/L096/quarter_3mm", ct(0, FrameOfReferenceUID="1.2.3"))
    write(tmp_path / "d/L109/scout", ct(0, FrameOfReferenceUID="1.2.4"))
    write_manifest([tmp_path / "d"], tmp_path / "m.csv")
    said = capsys.readouterr().out
    assert "L067/full_1mm: a second full-dose series" in said
    assert "L096: no full-dose series" in said
    assert "L109/scout: neither" in said
    (only,) = read_manifest(tmp_path / "m.csv")
    assert only.full.name == "full_3mm"


def test_nothing_found_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(LdctError, match="no CT images"):
        write_manifest([tmp_path / "empty"], tmp_path / "m.csv")
    with pytest.raises(LdctError, match="no such folder"):
        write_manifest([tmp_path / "nowhere"], tmp_path / "m.csv")
