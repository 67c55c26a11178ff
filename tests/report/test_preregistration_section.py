"""The report says of each question whether it was settled before."""

from __future__ import annotations

import re

from ldct.report.build import build_report
from ldct.report.results import load
from ldct.study.preregistration import Difference, Preregistered


def section(made, folder, differences):
    registered = Preregistered(sha256="a" * 64, study_sha256="b" * 64, differences=differences)
    spec = made.spec.model_copy(update={"preregistration": registered})
    build_report(load(spec, **made.arguments), folder / "report.html")
    page = (folder / "report.html").read_text()
    shown = re.search(r'<section id="preregistration">(.*?)</section>', page, re.DOTALL)
    assert shown
    rows = re.findall(r'<td class="words">(.*?)</td><td><span class="chip \w+">(\w+)</span></td>', shown[1])
    return shown[1], dict(rows)


def test_as_registered_all_is_confirmatory(made, tmp_path):
    text, rows = section(made, tmp_path, ())
    assert set(rows.values()) == {"confirmatory"} and "run as registered" in text
    assert sum("claim (" in question for question in rows) >= 5
    assert 'id="preregistration"' not in made.text, "a study without a registration says nothing of one"


def test_a_new_metric_is_exploratory_alone(made, tmp_path):
    text, rows = section(made, tmp_path, (Difference(part="metrics", name="ssim", registered="absent", here="{}"),))
    assert rows["whether the losses differ by SSIM"] == "exploratory"
    assert rows["whether the losses differ by RMSE"] == "confirmatory"
    assert rows["how far the metrics agree, and which loss is best"] == "exploratory"
    assert "metrics ssim: registered absent" in text
    against = [mark for question, mark in rows.items() if " against " in question]
    assert against == ["confirmatory", "confirmatory"]


def test_other_seeds_make_all_exploratory(made, tmp_path):
    _, rows = section(made, tmp_path, (Difference(part="seeds", registered="[0,1]", here="[0]"),))
    assert set(rows.values()) == {"exploratory"}
