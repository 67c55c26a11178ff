"""The first page says how the low dose was made, which dose it is by its noise, and which frames were lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ldct.report.conclusions.low_dose import low_dose
from ldct.report.conclusions.missing import missing
from ldct.report.conclusions.page import first_page
from ldct.report.conclusions.standing import standing
from ldct.report.results import Results, load


@pytest.fixture(scope="module")
def results(made) -> Results:
    return load(made.spec, **made.arguments)


def row(patient: str, source: str, wanted=None, measured=None, quanta=None, lost=None) -> dict:
    return {
        "patient": patient, "dose": "low", "source": source, "dose_fraction": wanted, "dose_measured": measured,
        "quanta": quanta, "lost_share": lost,
    }  # fmt: skip


def of(results: Results, *rows: dict) -> Results:
    return replace(results, series=list(rows))


def test_nothing_is_said_of_a_dose_that_was_not_measured(results):
    assert low_dose(of(results, row("a", "inserted", 0.25), row("b", "inserted", 0.25))) == []
    assert dict(standing(of(results, row("a", "inserted", 0.25))))["low dose"] == "10 % of full dose"


def test_wanted_and_measured_dose_and_quanta_are_told(results):
    some = of(results, row("a", "inserted", 0.1, 0.096, 3e5), row("b", "inserted", 0.1, 0.112, 2e4))
    (finding,) = low_dose(some)
    assert finding.tone == "plain" and not finding.points
    for words in ("for 2 patients", "10 % of the full dose wanted", "9.6 % to 11.2 %", "2e+04 to 3e+05 quanta"):
        assert words in finding.text
    assert dict(standing(some))["low dose"] == "10 % of full dose wanted, 9.6 % to 11.2 % by noise"
    assert finding in first_page(some)["missing"]


def test_doses_of_one_origin_are_not_mixed(results):
    (finding,) = low_dose(of(results, row("a", "dicom", measured=0.3), row("b", "dicom", measured=0.2)))
    assert finding.tone == "plain" and "acquired for 2 patients" in finding.text and "wanted" not in finding.text


@pytest.mark.parametrize("source", ["dicom", "ctpd"])
def test_acquired_beside_inserted_dose_is_told(results, source):
    (finding,) = low_dose(of(results, row("a", source, measured=0.25), row("b", "inserted", 0.25, 0.24, 1e5)))
    assert finding.tone == "bad" and "mixed" in finding.title
    assert "how the dose was made" in finding.text


def test_an_aim_that_is_missed_is_told_with_the_patient(results):
    (finding,) = low_dose(of(results, row("a", "inserted", 0.1, 0.25, 1e4), row("b", "inserted", 0.1, 0.11, 1e5)))
    assert finding.tone == "bad" and "1 of 2 patients" in finding.title
    assert finding.points == ("a: 10 % wanted, 25 % by its noise",)


def test_lost_frames_are_told_and_none_is_not(results):
    def lost(*rows):
        return [finding for finding in missing(of(results, *rows)) if finding.title == "Frames lost"]

    assert lost(row("a", "dicom", lost=0.0), row("b", "ctpd")) == []
    (finding,) = lost(row("a", "dicom", lost=0.05), row("b", "dicom", lost=0.125), row("c", "dicom", lost=0.0))
    assert "2 of 3 series" in finding.text and "12.5 %" in finding.text and "(b, low dose)" in finding.text


def test_the_cohort_page_shows_shares_and_doses(made):
    heads = ("lost", "not measured", "dose wanted", "dose by noise", "quanta")
    assert all(f"<th>{head}</th>" in made.text for head in heads)
