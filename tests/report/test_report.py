"""The page says what the tables say, carries all it needs, and nothing that identifies anyone."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from ldct.intensity import Window
from ldct.report.build import build_report
from ldct.report.claim import AUTHORS, COVERED, RATERS
from ldct.report.outputs import FIGURES, TABLES
from ldct.report.render import body_box, grey, webp
from ldct.report.results import load
from tests.report.conftest import phantom


class Page(HTMLParser):
    """Ids, links and resources of a page; unclosed elements."""

    VOID = {"meta", "link", "img", "br", "hr", "input"}

    def __init__(self, text: str):
        super().__init__()
        self.ids, self.links, self.resources, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values.get("href", ""))
        elif "src" in values or "href" in values:
            self.resources.append(values.get("src") or values.get("href"))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()


def data(made, name):
    return json.loads(re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', made.text, re.S)[1])


def test_page_is_well_formed_and_its_links_lead_somewhere(made):
    page = Page(made.text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    inside = [link[1:] for link in page.links if link.startswith("#")]
    assert inside and set(inside) <= set(page.ids)


def test_page_is_self_contained_and_small(made):
    page = Page(made.text)
    assert all(link.startswith(("#", "data:")) for link in page.links)
    assert all(resource.startswith("data:") for resource in page.resources)
    assert "@import" not in made.text[: made.text.index('id="figures"')]
    assert made.html.stat().st_size < 30e6


def test_text_of_the_study_is_escaped(made):
    assert "<title>A study &amp; its &lt;report&gt;</title>" in made.text
    assert "no DICOM file &lt;b&gt;" in made.text


def test_conclusions_state_what_the_tables_hold(made):
    row = next(
        r
        for r in pq.read_table(made.folder / "consistency/votes.parquet").to_pylist()
        if (r["question"], r["left_out"]) == ("between constructs", "")
    )
    text = made.text.replace("&#39;", "'")
    assert set(re.findall(r"Kendall's W = ([\d.]+)", text)) == {f"{row['w']:.2g}"}, "one W wherever it is shown"
    section = text[text.index('<section id="agreement"') :]
    cells = re.findall(r"<td[^>]*>between constructs</td><td>–</td><td class=\"n\">([\d.]+) \[", section)
    assert cells == [f"{row['w']:.2g}"]
    for claim in pq.read_table(made.folder / "consistency/hypotheses.parquet").to_pylist():
        assert claim["sentence"][:40] in made.text.replace("&#39;", "'")


def test_failed_runs_unavailable_metrics_and_rejections_are_named(made):
    assert "1 of 12 trainings failed" in made.text
    assert "NaN at step 7" in made.text
    assert "ldct weights get alex" in made.text
    assert "notes.txt" in made.text
    assert "The layer is our choice." in made.text


def test_learning_rates_tried_are_shown_where_they_are_searched(made, tmp_path):
    cells = [
        re.findall(r"<td[^>]*>(.*?)</td>", row) for row in made.text.split("Learning rates tried")[1].split("<tr>")
    ]
    assert cells[2:4] == [
        ["RED-CNN", "L1", "0.0001", "30.50", "2 of 2"],
        ["RED-CNN", "L1", "0.001", "40.00 (1 diverged)", "0 of 2"],
    ]
    build_report(load(made.spec, **made.arguments | {"searches": {}}), tmp_path / "report.html")
    assert "Learning rates tried" not in (tmp_path / "report.html").read_text()


def test_downloads_are_the_tables(made):
    carried = data(made, "tables")
    assert set(carried) >= set(re.findall(r'class="take" data-name="(\w+)"', made.text))
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(base64.b64decode(carried["tau"]["csv"])).decode())))
    path = made.folder / "consistency/tau.parquet"
    assert base64.b64decode(carried["tau"]["parquet"]) == path.read_bytes()
    table = pq.read_table(path).to_pylist()
    assert len(rows) == len(table)
    assert np.allclose([float(r["tau"]) for r in rows], [r["tau"] for r in table], rtol=1e-8)


def test_every_figure_has_a_place_and_data(made):
    figures = data(made, "figures")
    places = set(re.findall(r'data-figure="(\w+)"', made.text))
    assert places == set(figures)
    for name, figure in figures.items():
        assert figure["data"], name


def test_noise_and_sharpness_are_those_of_the_tables(made, tmp_path):
    figures = data(made, "figures")
    rows = pq.read_table(made.folder / "physics/curves.parquet").to_pylist()
    for name in ("nps", "ttf"):
        lines = {line["name"]: line for line in figures[name]["data"]}
        assert list(lines) == ["low dose", "MSE", "L1", "vgg"]
        own = [row for row in rows if (row["curve"], row["loss"], row["model"]) == (name, "l1", "redcnn")]
        assert lines["L1"]["y"] == [row["ratio"] for row in own] and len(own) > 3
        assert "8 patients" in lines["L1"]["hovertext"][0]
    build_report(load(made.spec, **made.arguments | {"optional": []}), tmp_path / "report.html")
    assert 'id="physics"' not in (tmp_path / "report.html").read_text()


def test_panels_show_each_image_in_each_view(made):
    panels = data(made, "panels")
    assert [case["patient"] for case in panels["cases"]] == ["P000", "P001"]
    for case in panels["cases"]:
        names = [image["name"] for image in case["images"].values()]
        assert names == ["low dose", "MSE", "L1", "vgg", "full dose"]
        for image in case["images"].values():
            assert set(image["views"]) == {"soft_tissue", "lung", "difference"}
    low = case["images"]["anchor/low_dose"]["rmse"]
    assert low > case["images"]["redcnn/mse"]["rmse"] > case["images"]["anchor/full_dose"]["rmse"] == 0


def test_files_beside_the_page(made):
    folder = made.html.parent
    assert {path.stem for path in (folder / "tables").glob("*.csv")} == set(TABLES)
    assert {path.stem for path in (folder / "figures").glob("*.png")} == set(FIGURES)
    assert all((folder / "tables" / f"{name}.csv").read_text().count("\n") > 1 for name in TABLES)


def test_equal_input_gives_equal_bytes(made, tmp_path):
    again = tmp_path / "report.html"
    build_report(load(made.spec, **made.arguments), again)
    assert again.read_bytes() == made.html.read_bytes()


def test_a_loss_that_does_not_beat_its_input_is_said(made):
    """The generated study has losses on both sides of the low dose or not; the page must match the table."""
    rows = pq.read_table(made.folder / "consistency/loss_values.parquet").to_pylist()
    rows = [r for r in rows if r["metric"] == "rmse" and not r["anchor"]]
    said = re.search(r"Against the low-dose input: ([^<]*)", made.text)[1]
    for verdict in ("better", "worse", "cannot tell"):
        assert (f"{verdict}: " in said) == any(r["against_low_dose"] == verdict for r in rows)


def test_window_and_lossless_picture():
    window = Window(40, 400)
    assert grey(np.array([-500.0, -160, 40, 240, 900]), window).tolist() == [0, 0, 128, 255, 255]
    pixels = grey(phantom(20, 1), window)
    assert np.array_equal(np.array(Image.open(io.BytesIO(webp(pixels))).convert("L")), pixels)


def test_body_box_holds_the_body():
    rows, columns = body_box(phantom(0, 0), margin=2)
    assert abs(rows.start - 10) <= 4
    assert abs(columns.start - 10) <= 4
    outside = phantom(0, 0).astype(float)
    outside[rows, columns] = -1000
    assert (outside > -500).sum() <= 0.02 * 96 * 4


def test_every_claim_item_is_there_once_and_says_where(made):
    numbers = [number for number, *_ in (*COVERED, *AUTHORS, RATERS)]
    assert sorted(numbers) == list(range(1, 43))
    rows = re.findall(r'<tr><td class="n">(\d+)</td><td>[^<]+</td><td>([^<]+)</td></tr>', made.text)
    assert [int(number) for number, _ in rows] == list(range(1, 43))
    menu = re.findall(r'<li><a href="#\w+">([^<]+)</a></li>', made.text)
    for number, _, where in COVERED:
        for part in where.split(";"):
            place = part.split(":")[0].split("(")[0].strip()
            assert place in menu or ":" not in part, (number, place)


def test_the_glossary_says_what_metrics_are_about_who_optimises_them_and_their_licence(made):
    """Against the declarations' words and the losses of the study, whose terms say what they optimise."""
    rows = made.text.split("optimised by")[1].split("</table>")[0].split("<tr>")
    cells = {row[0]: row for row in (re.findall(r"<td[^>]*>(.*?)</td>", text) for text in rows) if row}
    assert cells["RMSE"][3] == "lower" and cells["noise SD ratio"][3] == "nearest 1"
    assert "MSE" in cells["RMSE"][6] and "MSE" not in cells["SSIM"][6], cells
    assert all(row[8] == "none" for row in cells.values()), "the licence of the generated catalogue"


@pytest.mark.parametrize(
    ("name", "use", "label", "shown"),
    [
        ("redcnn", "redcnn", "", "RED-CNN"),
        ("wide", "redcnn", "", "wide"),
        ("wide", "redcnn", "RED-CNN, 96 filters", "RED-CNN, 96 filters"),
        ("mine", "my_networks:Net", "", "mine"),
    ],
)
def test_networks_are_called_by_their_labels(made, name, use, label, shown):
    network = made.spec.networks[0].model_copy(update={"name": name, "use": use, "label": label})
    results = load(made.spec.model_copy(update={"networks": (network,)}), **made.arguments)
    assert results.network(name) == shown and results.network("another") == "another"
