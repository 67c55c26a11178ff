"""Manifests of the layouts that public collections have."""

from __future__ import annotations

import pytest

from ldct.errors import LdctError
from ldct.study.manifest import read_manifest
from ldct.study.scan import write_manifest
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
    "folders": (["anna", "bert"], lambda p, d: f"{p}/{d}", "unknown"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_doses_are_paired_by_the_layout(tmp_path, layout, capsys):
    patients, place, region = LAYOUTS[layout]
    for k, patient in enumerate(patients):
        for dose in ("full", "low"):
            write(tmp_path / "data" / place(patient, dose), ct(0, seed=k), ct(1, seed=k))
    write_manifest(tmp_path / "data", tmp_path / "m" / "manifest.csv")
    found = {p.patient: p for p in read_manifest(tmp_path / "m" / "manifest.csv")}
    assert sorted(found) == patients
    for patient in patients:
        assert found[patient].full.resolve() == (tmp_path / "data" / place(patient, "full")).resolve()
        assert found[patient].low.resolve() == (tmp_path / "data" / place(patient, "low")).resolve()
    assert found[patients[0]].region == region
    assert "2 patients, 2 with a low-dose series" in capsys.readouterr().out


def test_single_series_become_patients_without_a_partner(tmp_path, capsys):
    for name in ("one", "two"):
        write(tmp_path / "data" / name, ct(0))
    (tmp_path / "data" / "notes.txt").write_text("x")
    write_manifest(tmp_path / "data", tmp_path / "m.csv")
    assert [(p.patient, p.low) for p in read_manifest(tmp_path / "m.csv")] == [("one", None), ("two", None)]
    assert "noise insertion" in capsys.readouterr().out


def test_what_is_left_out_is_said(tmp_path, capsys):
    write(tmp_path / "d/L067/full_3mm", ct(0), ct(1))
    write(tmp_path / "d/L067/full_1mm", ct(0))
    write(tmp_path / "d/L096/quarter_3mm", ct(0))
    write(tmp_path / "d/L109/scout", ct(0))
    write_manifest(tmp_path / "d", tmp_path / "m.csv")
    said = capsys.readouterr().out
    assert "L067/full_1mm: a second full-dose series" in said
    assert "L096: no full-dose series" in said
    assert "L109/scout: neither" in said
    (only,) = read_manifest(tmp_path / "m.csv")
    assert only.full.name == "full_3mm"


def test_nothing_found_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(LdctError, match="no CT images"):
        write_manifest(tmp_path / "empty", tmp_path / "m.csv")
    with pytest.raises(LdctError, match="no such folder"):
        write_manifest(tmp_path / "nowhere", tmp_path / "m.csv")
