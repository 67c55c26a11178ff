"""`ldct compare` from the command line to a page in a real browser, and the tables a page hands out."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from ldct.__main__ import main
from ldct.tables.comparison import TABLES
from tests.statistics.conftest import analysed
from tests.support.browser import CHROMIUM, Browser
from tests.support.synthetic_metrics import SyntheticStudy, write_study

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")
STUDY = SyntheticStudy(
    losses=("mse", "l1", "vgg"), metrics=("rmse", "ssim"), windows=("soft_tissue",), slices=2, checkpoints=(2, 4)
)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    for name, study in (("one", STUDY), ("two", replace(STUDY, seed=3, effect_seed=5))):
        analysed(folder / name / "consistency", write_study(folder / name / "study", study), bootstrap_draws=100)
    page = folder / "compare.html"
    arguments = [str(folder / "one"), str(folder / "two"), "--names", "Here", "There", "-o", str(page)]
    assert main(["compare", *arguments, "--draws", "200"]) == 0
    return page


def test_page_and_tables_are_written(compared):
    text = compared.read_text()
    assert "<h1>Here and There</h1>" in text
    assert "do they rank the losses alike?" in text
    assert len(text) < 30e6
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text[: text.index("<script")])
    for name, schema in TABLES.items():
        assert pq.read_schema(compared.with_name("compare_tables") / f"{name}.parquet").names == schema.names


@needs_browser
@pytest.mark.parametrize("width", [400, 1600])
def test_page_draws_without_messages_and_without_scrolling_sideways(compared, tmp_path, width):
    with Browser(tmp_path / "profile", width) as browser:
        browser.open(compared)
        browser.wait("[...document.querySelectorAll('[data-figure]')].every((p) => p.dataset.drawn === 'yes')")
        assert browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert browser.messages == []


@needs_browser
@pytest.mark.parametrize("kind", ["csv", "tex", "parquet"])
def test_a_button_hands_out_the_table(made, tmp_path, kind):
    with Browser(tmp_path / "profile") as browser:
        browser.open(made.html)
        browser.evaluate(
            "window.caught = []; URL.createObjectURL = (blob) => { caught.push(blob); return 'blob:none'; }; 0"
        )
        line = '.take[data-name="contrasts"]'
        browser.evaluate(f"document.querySelector('{line} [data-kind={kind}]').click()")
        browser.wait("caught.length === 1")
        size, text = json.loads(browser.evaluate("caught[0].text().then((t) => JSON.stringify([caught[0].size, t]))"))
    path = made.folder / "consistency/contrasts.parquet"
    if kind == "parquet":
        assert size == path.stat().st_size
    else:
        assert len(text.splitlines()) > pq.read_metadata(path).num_rows
