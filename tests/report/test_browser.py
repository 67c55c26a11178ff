"""The page in headless Chromium: everything is drawn, nothing is logged as an error, nothing is asked of a network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")


def open_page(made, tmp_path, width, *options):
    """Run the page for some virtual seconds; returns what Chromium wrote."""
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-logging=stderr",
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--window-size={width},12000",
        "--virtual-time-budget=15000",
        *options,
        made.html.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@needs_browser
@pytest.mark.parametrize("width", [400, 1600])
def test_page_draws_everything_without_errors(made, tmp_path, width):
    done = open_page(made, tmp_path, width, "--dump-dom")
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not console, console
    page = done.stdout
    figures = page.count("data-figure=")
    assert figures == 14
    assert page.count('data-drawn="yes"') == figures
    assert len(re.findall(r"<option", page)) > 10
    assert page.count("<figure>") == figures
    grid = page[page.index('id="grid"') : page.index('id="caption"')]
    assert grid.count("<img") == 5
    assert all("alt=" in image for image in re.findall(r"<img[^>]*>", grid))


@needs_browser
def test_page_asks_nothing_of_a_network(made, tmp_path):
    log = tmp_path / "net.json"
    open_page(made, tmp_path, 1200, f"--log-net-log={log}", "--dump-dom")
    text = log.read_text().rstrip().rstrip(",")
    try:
        events = json.loads(text)["events"]
    except json.JSONDecodeError:
        events = json.loads(text + "]}")["events"]
    asked = {event["params"]["url"] for event in events if "url" in event.get("params", {})}
    # Chromium asks its maker for updates whatever page is open.
    own = re.compile(r"https?://[\w.-]*\.(googleapis|google|gvt1)\.com/")
    outside = [url for url in asked if url.startswith(("http", "ws")) and not own.match(url)]
    assert not outside, outside
