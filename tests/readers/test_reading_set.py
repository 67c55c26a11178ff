"""The reading page: blinded, complete, and usable by keyboard in a real browser, closed and opened again."""

from __future__ import annotations

import base64
import json
import re
import zlib

import numpy as np
import pytest

from ldct.errors import InputError
from ldct.readers.reading_set import export
from ldct.readers.scores import read_key, read_pairs, read_ratings
from ldct.tables.images import read_images
from tests.readers.conftest import SHAPE
from tests.support.browser import CHROMIUM, Browser

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")


@pytest.fixture(scope="module")
def page(results, tmp_path_factory):
    return export(results, tmp_path_factory.mktemp("set"), cases=2, seed=3)


def content(page):
    text = page.read_text()
    return json.loads(re.search(r'id="content">(.*?)</script>', text, re.DOTALL)[1])


def test_set_holds_every_version_of_each_case_and_says_nothing_of_it(page, results):
    held, key = content(page), read_key(page.parent / "key.csv")
    assert len(held["images"]) == len(key) == 8
    assert len(held["pairs"]) == 2 * 6
    assert set(key["loss"]) == {"low_dose", "mse", "l1", "full_dose"}
    assert set(key["patient"]) == {"P1", "P2"}
    for word in ("mse", "l1", "redcnn", "low_dose", "full_dose", "P1", "P2"):
        assert not re.search(rf"\b{word}\b", json.dumps(held)), word
    of = {row["image"]: row for row in key.to_dict("records")}
    for image in held["images"]:
        fact = of[image["image"]]
        hu = np.frombuffer(zlib.decompress(base64.b64decode(image["hu"])), "<i2").reshape(SHAPE)
        dose = "low" if fact["loss"] == "low_dose" else "full"
        stored = read_images(results / f"images/{fact['patient']}/{dose}.parquet", [fact["slice"]]).hu[0]
        bias = {"mse": 5, "l1": 11}.get(fact["loss"], 0)
        np.testing.assert_array_equal(hu, stored + bias)


def test_a_study_without_predictions_is_refused(tmp_path):
    with pytest.raises(InputError, match="no predictions"):
        export(tmp_path, tmp_path / "set")


def begin(browser, page, task):
    browser.open(page)
    browser.evaluate("document.getElementById('reader').focus()")
    browser.write("R1")
    browser.evaluate(f"document.getElementById('task').value = '{task}'")
    browser.press("Enter", 13, "\r")
    browser.wait("!document.getElementById('work').hidden")
    browser.wait("document.getElementById('left').dataset.drawn === document.getElementById('left').dataset.image")


def exported(browser):
    browser.evaluate("document.getElementById('export').click()")
    return browser.evaluate("document.body.dataset.exported")


@needs_browser
def test_a_reader_rates_by_keyboard_closes_the_page_and_goes_on(page, tmp_path):
    with Browser(tmp_path / "profile") as browser:
        begin(browser, page, "rate")
        before = browser.evaluate("document.getElementById('left').toDataURL()")
        browser.press("w", 87, "w")
        browser.wait(f"document.getElementById('left').toDataURL() !== {json.dumps(before)}")
        assert "lung: -1350 to 150 HU" in browser.evaluate("document.getElementById('window').textContent")
        browser.press("+", 187, "+")
        assert "zoom 2" in browser.evaluate("document.getElementById('window').textContent")
        browser.press("9", 57, "9")
        for score in "310":
            browser.press(score, ord(score), score)
        assert "4 of 8 (3 answered)" in browser.evaluate("document.getElementById('progress').textContent")
        begin(browser, page, "rate")
        assert "4 of 8 (3 answered)" in browser.evaluate("document.getElementById('progress').textContent")
        for score in "42312":
            browser.press(score, ord(score), score)
        text = exported(browser)
        assert "All done" in browser.evaluate("document.getElementById('progress').textContent")
        assert not browser.messages, browser.messages
    (tmp_path / "r.csv").write_text(text)
    found = read_ratings(tmp_path / "r.csv", read_key(page.parent / "key.csv"), (0, 4))
    assert found["score"].tolist() == [3, 1, 0, 4, 2, 3, 1, 2]
    assert set(found["reader"]) == {"R1"}


@needs_browser
def test_a_reader_chooses_between_two(page, tmp_path):
    with Browser(tmp_path / "profile") as browser:
        begin(browser, page, "compare")
        browser.wait(
            "document.getElementById('right').dataset.drawn === document.getElementById('right').dataset.image"
        )
        for _ in range(6):
            browser.press("ArrowRight", 39)
            browser.press("ArrowLeft", 37)
        text = exported(browser)
        assert not browser.messages, browser.messages
    (tmp_path / "p.csv").write_text(text)
    found = read_pairs(tmp_path / "p.csv", read_key(page.parent / "key.csv"))
    assert found["choice"].tolist() == ["right", "left"] * 6
    assert len({frozenset(pair) for pair in zip(found["left"], found["right"], strict=True)}) == 12
