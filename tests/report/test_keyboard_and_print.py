"""The page by keyboard alone, and on paper."""

from __future__ import annotations

import base64
import re

import pytest

from tests.support.browser import CHROMIUM, Browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")
CONTROLS = "a[href], button, select, summary, [tabindex]"


@pytest.fixture
def browser(made, tmp_path):
    with Browser(tmp_path / "profile") as opened:
        opened.open(made.html)
        opened.wait("document.querySelectorAll('#grid img').length > 0")
        yield opened


def test_tab_reaches_every_control(browser):
    browser.evaluate(
        "window.wanted = [...document.querySelectorAll('" + CONTROLS + "')].filter((e) => e.offsetParent && "
        "e.tabIndex >= 0 && !e.closest('.js-plotly-plot')); window.reached = []; "
        "document.addEventListener('focusin', (e) => reached.push(e.target)); 0"
    )
    count = browser.evaluate("wanted.length")
    assert count > 30
    missing = ["none pressed yet"]
    # Figures bring buttons of their own, so that more keys are needed than there are controls.
    for _ in range(20):
        for _ in range(count // 4):
            browser.press("Tab", 9)
        missing = browser.evaluate("wanted.filter((e) => !reached.includes(e)).map((e) => e.outerHTML.slice(0, 80))")
        if not missing:
            break
    assert missing == []
    assert browser.messages == []


def test_images_are_chosen_swapped_zoomed_and_flickered_by_keys(browser):
    def picture() -> str:
        return browser.evaluate("document.getElementById('picture').src + document.getElementById('name').textContent")

    browser.evaluate("document.getElementById('stage').focus(); 0")
    first = picture()
    browser.press(" ", 32, " ")
    assert picture() != first
    browser.press(" ", 32, " ")
    assert picture() == first
    browser.press("+", 187, "+")
    assert browser.evaluate("document.getElementById('zoom').value") == "2"
    browser.evaluate("document.getElementById('view').focus(); 0")
    browser.press("ArrowDown", 40)
    browser.wait("document.getElementById('view').selectedIndex === 1")
    assert picture() != first
    browser.evaluate("document.getElementById('flicker').focus(); 0")
    browser.press("Enter", 13, "\r")
    browser.wait("document.getElementById('flicker').getAttribute('aria-pressed') === 'true'")
    assert browser.messages == []


def test_printed_pages_hold_the_figures_and_nothing_is_cut_at_the_side(browser):
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    browser.evaluate("window.dispatchEvent(new Event('beforeprint')); 0")
    browser.wait("[...document.querySelectorAll('[data-figure]')].every((p) => p.dataset.drawn === 'yes')")
    pdf = base64.b64decode(browser.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 5
    browser.call("Emulation.setDeviceMetricsOverride", width=720, height=1000, deviceScaleFactor=1, mobile=False)
    # After printing, figures take the width of the window again, one after the other.
    browser.wait("document.documentElement.scrollWidth <= 720")
    assert browser.evaluate("document.documentElement.scrollWidth") <= 720
